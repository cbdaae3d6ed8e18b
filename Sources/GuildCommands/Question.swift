import Foundation

/// A question to the person at the terminal. Only input typed after the question answers it.
enum Question {
    enum Answer: Sendable { case yes, no, nobody, interrupted }

    /// A longer answer is none that we know.
    private static let answerBytes = 1024

    static func ask(_ question: String, until interruption: Interruption) -> Answer {
        // A key that was pressed earlier does not answer a question that nobody had read yet.
        if isatty(STDIN_FILENO) == 1 { tcflush(STDIN_FILENO, TCIFLUSH) }
        // A terminal that is gone answers nothing, which counts as no answer.
        Terminal.write(question, to: .error)
        var line: [UInt8] = []
        while line.count < answerBytes {
            guard interruption.waits(for: STDIN_FILENO) else {
                Terminal.write("\n", to: .error)
                return .interrupted
            }
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count == 1 else {
                if line.isEmpty { return .nobody }
                break
            }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        let answer = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces).lowercased()
        return answer == "y" || answer == "yes" ? .yes : .no
    }
}
