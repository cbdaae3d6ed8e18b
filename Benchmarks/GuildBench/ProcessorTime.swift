import Foundation

/// Processor time of a process, of all its threads, those that have ended too.
struct ProcessorTime {
    var userSeconds = 0.0
    var systemSeconds = 0.0

    var seconds: Double { userSeconds + systemSeconds }

    /// This process's own (`man 2 getrusage`).
    static var own: ProcessorTime {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return ProcessorTime(usage)
    }

    /// Of another process, in the kernel's ticks of some 10 ms (`man 5 proc_pid_stat`, fields 14 and 15); zero when it
    /// is gone.
    static func of(_ pid: pid_t) -> ProcessorTime {
        let text = FileManager.default.contents(atPath: "/proc/\(pid)/stat").map { String(decoding: $0, as: UTF8.self) }
        // The name, field 2, may hold anything; nothing behind its parenthesis does.
        let fields = (text ?? "").split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            return ProcessorTime()
        }
        let ticks = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        return ProcessorTime(userSeconds: user / ticks, systemSeconds: system / ticks)
    }

    static func + (left: Self, right: Self) -> Self {
        ProcessorTime(
            userSeconds: left.userSeconds + right.userSeconds, systemSeconds: left.systemSeconds + right.systemSeconds)
    }

    static func - (left: Self, right: Self) -> Self {
        ProcessorTime(
            userSeconds: left.userSeconds - right.userSeconds, systemSeconds: left.systemSeconds - right.systemSeconds)
    }
}

extension ProcessorTime {
    init(_ usage: rusage) {
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        self.init(userSeconds: seconds(usage.ru_utime), systemSeconds: seconds(usage.ru_stime))
    }
}

extension ProcessFigures {
    /// Bytes that a process has handed to `write` and its like, files and sockets alike (`man 5 proc_pid_io`).
    static func writtenBytes(_ pid: pid_t) -> Int64 {
        let text = FileManager.default.contents(atPath: "/proc/\(pid)/io").map { String(decoding: $0, as: UTF8.self) }
        let line = (text ?? "").split(separator: "\n").first { $0.hasPrefix("wchar: ") }
        return line.flatMap { Int64($0.dropFirst("wchar: ".count)) } ?? 0
    }
}
