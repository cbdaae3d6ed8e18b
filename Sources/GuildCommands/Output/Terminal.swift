import Foundation
import GuildDomain

/// The only way to standard output and standard error. Everything that a command prints passes here; sequences that a
/// terminal would obey are escaped, except the colours of a `Style`. TidinessTests rejects other ways.
enum Terminal {
    enum Stream { case output, error }

    /// The kind of text, which decides how forbidden characters are written.
    enum Content { case text, csv, json, yaml }

    /// Writes the text as it is, without adding a line end.
    ///
    /// - Returns: false if the reader has gone away, which is not our error (`| head`); the exit reports other
    ///   failures.
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

    /// Whether the last output ended within a line.
    var isInLine: Bool { last != nil && last != "\n" }

    mutating func shown(_ piece: String) -> String {
        defer { last = piece.unicodeScalars.last ?? last }
        return ScreenText.block(piece, after: last)
    }

    mutating func endLine() { last = nil }
}
