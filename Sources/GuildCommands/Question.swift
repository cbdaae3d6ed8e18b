import Foundation

/// A question to the person at the terminal. Only input typed after the question answers it.
enum Question {
    enum Answer: Sendable { case yes, no, nobody, interrupted }

    /// A longer answer is none that we know.
    private static let answerBytes = 1024
    /// Answers that are neither yes nor no, before nobody counts as having answered.
    private static let unclearLimit = 5

    /// Asks until the answer is yes or no; an empty one is no, as `[y/N]` says.
    static func ask(_ question: String, until interruption: Interruption) -> Answer {
        var text = question
        for _ in 0..<unclearLimit {
            // A key that was pressed earlier does not answer a question that nobody had read yet.
            if isatty(STDIN_FILENO) == 1 { tcflush(STDIN_FILENO, TCIFLUSH) }
            guard show(text) else { return .nobody }
            switch line(until: interruption) {
            case .ended:
                _ = show("\n")
                return .nobody
            case .interrupted:
                _ = show("\n")
                return .interrupted
            case .typed(let answer):
                switch answer {
                case "y", "yes": return .yes
                case "", "n", "no": return .no
                default: text = "Answer y or n: "
                }
            }
        }
        return .nobody
    }

    private enum Line { case typed(String), ended, interrupted }

    private static func line(until interruption: Interruption) -> Line {
        var line: [UInt8] = []
        while line.count < answerBytes {
            guard interruption.waits(for: STDIN_FILENO) else { return .interrupted }
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count == 1 else {
                if line.isEmpty { return .ended }
                break
            }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        return .typed(String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces).lowercased())
    }

    /// Writes to standard error; if that leads elsewhere, to the terminal where the answer is typed.
    ///
    /// - Returns: false if that terminal cannot be written to: nobody would know that they are asked.
    private static func show(_ text: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) != 1 else {
            // A terminal that is gone answers nothing, which counts as no answer.
            Terminal.write(text, to: .error)
            return true
        }
        // Opened again: a shell may have opened it only to be read. It need not be the controlling terminal.
        let screen = open("/proc/self/fd/\(STDIN_FILENO)", O_WRONLY | O_NOCTTY | O_CLOEXEC)
        guard screen >= 0 else { return false }
        defer { close(screen) }
        return StandardOutput.write(Array(Terminal.shown(text).utf8), to: screen) == nil
    }
}
