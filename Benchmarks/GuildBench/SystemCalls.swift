import Foundation

/// What `strace -c` counted in a process and its threads.
struct SystemCalls {
    static let tracer = "/usr/bin/strace"
    private static let tries = 250

    private(set) var counts: [(name: String, calls: Int)] = []

    static var canTrace: Bool { access(tracer, X_OK) == 0 }

    var total: Int { counts.reduce(0) { $0 + $1.calls } }

    /// What stands before a command to have its calls counted. The tracer is a grandchild, so that the command is the
    /// child (`-D`).
    static func prefix(report: String) -> [String] { [tracer, "-D", "-f", "-c", "-o", report] }

    /// Reads the report, which is written when the traced process has ended.
    init?(report: String) {
        for _ in 0..<Self.tries {
            let text = String(decoding: FileManager.default.contents(atPath: report) ?? Data(), as: UTF8.self)
            guard text.contains("total") else {
                usleep(20_000)
                continue
            }
            // % time, seconds, usecs/call, calls, errors if there were any, name
            counts = text.split(separator: "\n").map { $0.split(separator: " ") }.compactMap { fields in
                guard fields.count >= 5, let calls = Int(fields[3]), let name = fields.last, name != "total" else {
                    return nil
                }
                return (String(name), calls)
            }
            return
        }
        return nil
    }

    /// What was counted beyond `other`, the most frequent first.
    func beyond(_ other: SystemCalls) -> SystemCalls {
        let known = Dictionary(other.counts.map { ($0.name, $0.calls) }) { $0 + $1 }
        var rest = SystemCalls()
        rest.counts = counts.map { ($0.name, max(0, $0.calls - known[$0.name, default: 0])) }
            .sorted { $0.calls > $1.calls }
        return rest
    }

    private init() {}
}
