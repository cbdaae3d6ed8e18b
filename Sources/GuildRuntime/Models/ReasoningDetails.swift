import GuildDomain

/// The `reasoning_details` of an answer, assembled from its pieces: pieces of a text or summary with one index are
/// joined until its signature comes, and everything else is an element of its own.
struct ReasoningDetails: Sendable {
    private struct Element {
        var members: JSONObject
        var text: String

        /// The member that comes in pieces, by the type that has it.
        static let textMembers = ["reasoning.text": "text", "reasoning.summary": "summary"]
        /// Members that a later piece may bring.
        static let lateMembers = ["signature", "format", "id"]
        /// A larger piece is none of OpenRouter's, and kept as it is.
        static let membersLimit = 16

        var textMember: String? { members["type"]?.string.flatMap { Self.textMembers[$0] } }

        var whole: JSONValue {
            var members = members
            if let textMember { members[textMember] = .string(text) }
            return .object(members)
        }

        init(_ members: JSONObject) {
            self.members = members
            text = ""
            text = textMember.flatMap { members[$0]?.string } ?? ""
        }

        /// - Returns: whether the piece was a continuation.
        mutating func take(_ piece: JSONObject) -> Bool {
            guard members.count <= Self.membersLimit, piece.count <= Self.membersLimit, let textMember,
                members["type"] == piece["type"], members["index"] == piece["index"],
                (members["signature"]?.string ?? "").isEmpty
            else { return false }
            text += piece[textMember]?.string ?? ""
            for key in Self.lateMembers {
                if let value = piece[key], !value.isNull { members[key] = value }
            }
            return true
        }
    }

    private var elements: [Element] = []

    var isEmpty: Bool { elements.isEmpty }
    var list: [JSONValue] { elements.map(\.whole) }

    /// - Returns: false if there are too many.
    mutating func add(_ detail: JSONObject) -> Bool {
        if let last = elements.indices.last, elements[last].take(detail) { return true }
        elements.append(Element(detail))
        return elements.count <= AnswerLimits.blocks
    }
}
