import GuildConnectors

/// Takes known secrets out of an answer as it streams in. A piece that may be the beginning of a secret waits for the next.
struct MaskedDeltas: Sendable {
    /// Text that may be a secret for longer than this is shown as it is: no text is held back forever.
    static let heldBytes = 4 << 10

    private let redactor: Redactor
    private var held: ModelDelta?

    init(_ redactor: Redactor) { self.redactor = redactor }

    mutating func push(_ delta: ModelDelta) -> [ModelDelta] {
        switch (held, delta) {
        case (.text(let before), .text(let piece)): return show(before + piece) { .text($0) }
        case (.reasoning(let before), .reasoning(let piece)): return show(before + piece) { .reasoning($0) }
        case (_, .text(let piece)): return finish() + show(piece) { .text($0) }
        case (_, .reasoning(let piece)): return finish() + show(piece) { .reasoning($0) }
        case (_, .toolUseStarted(let id, let name)):
            return finish() + [.toolUseStarted(id: id, name: redactor.maskedData(name))]
        }
    }

    /// The held text: nothing follows that could make it a secret.
    mutating func finish() -> [ModelDelta] {
        defer { held = nil }
        return switch held {
        case .text(let text): [.text(redactor.maskedData(text))]
        case .reasoning(let text): [.reasoning(redactor.maskedData(text))]
        case .toolUseStarted, nil: []
        }
    }

    private mutating func show(_ text: String, _ make: (String) -> ModelDelta) -> [ModelDelta] {
        var (shown, rest) = redactor.maskedStart(of: text)
        if rest.utf8.count > Self.heldBytes {
            shown += redactor.maskedData(rest)
            rest = ""
        }
        held = rest.isEmpty ? nil : make(rest)
        return shown.isEmpty ? [] : [make(shown)]
    }
}
