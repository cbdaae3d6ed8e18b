/// Whether the arguments of a tool call, read piece by piece, are a whole JSON object or list yet. Each byte is looked at
/// once, however many pieces come.
struct ArgumentProgress: Sendable {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private(set) var isWhole = false

    mutating func read(_ piece: String) {
        for byte in piece.utf8 { read(byte) }
    }

    private mutating func read(_ byte: UInt8) {
        guard !isInString else {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            isWhole = false
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            isWhole = depth == 0
        default: break
        }
    }
}
