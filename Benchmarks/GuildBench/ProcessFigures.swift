import Foundation

/// What the kernel says of a process (`man 5 proc`).
struct ProcessFigures {
    let residentMegabytes: Double
    let peakMegabytes: Double
    /// Nanoseconds that its threads have run.
    let cpuNanoseconds: UInt64
    let wakeUps: Int

    init?(pid: pid_t) {
        guard let status = Self.text("/proc/\(pid)/status") else { return nil }
        func kilobytes(_ name: String) -> Double { Double(Self.number(name, in: status)) / 1000 }
        residentMegabytes = kilobytes("VmRSS:") * 1.024
        peakMegabytes = kilobytes("VmHWM:") * 1.024
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        cpuNanoseconds = threads.reduce(0) { sum, thread in
            let text = Self.text("/proc/\(pid)/task/\(thread)/schedstat") ?? ""
            return sum + (text.split(separator: " ").first.flatMap { UInt64($0) } ?? 0)
        }
        wakeUps = threads.reduce(0) { sum, thread in
            sum + Self.number("voluntary_ctxt_switches:", in: Self.text("/proc/\(pid)/task/\(thread)/status") ?? "")
        }
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func number(_ name: String, in text: String) -> Int {
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line.flatMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first }.flatMap { Int($0) } ?? 0
    }
}

extension ProcessFigures {
    /// Processor time that this process has taken, of user and kernel.
    static var ownNanoseconds: UInt64 {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) {
            $0 + UInt64(max(0, $1.tv_sec)) * 1_000_000_000 + UInt64(max(0, $1.tv_usec)) * 1000
        }
    }
}
