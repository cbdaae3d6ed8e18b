import Foundation
import GuildDomain

/// The one door to standard output and standard error. Whatever a command prints passes here, and what a terminal would
/// obey does not, except the colours of a `Style`. TidinessTests keeps other doors shut.
enum Terminal {
    enum Stream { case output, error }

    /// What the text is, which says how what it must not hold is written out.
    enum Content { case text, csv, json, yaml }

    /// Writes the text as it is, without a line end of its own.
    ///
    /// - Returns: false if nobody reads any more, which is no error of ours (`| head`); what else fails the exit tells.
    @discardableResult
    static func write(_ text: String, to stream: Stream, as content: Content = .text) -> Bool {
        let bytes = Array(shown(text, as: content).utf8)
        return stream == .output
            ? StandardOutput.write(bytes) : StandardOutput.write(bytes, to: STDERR_FILENO) == nil
    }

    static func shown(_ text: String, as content: Content = .text) -> String {
        switch content {
        case .text: StyleMark.replaced(in: text) { ScreenText.block($0) }
        case .csv: ScreenText.cell(text)
        case .json: ScreenText.json(text)
        case .yaml: ScreenText.yaml(text)
        }
    }
}

/// One answer that comes in pieces, shown piece by piece.
struct TerminalStream: Sendable {
    private var last: Unicode.Scalar?

    /// Whether what was shown last ended within a line.
    var isInLine: Bool { last != nil && last != "\n" }

    mutating func shown(_ piece: String) -> String {
        defer { last = piece.unicodeScalars.last ?? last }
        return ScreenText.block(piece, after: last)
    }

    mutating func endLine() { last = nil }
}
