package import GuildDomain

/// The mark at the end of each text that we write on GitHub, by which we recognise our own work.
///
/// It proves nothing by itself: anyone can write it. A reader must also check the author.
package enum GitHubMarker {
    private static let opening = "<!-- guild:"
    private static let closing = " -->"
    private static let identifierBytes = 26
    /// GitHub or a person may leave white space after the mark; more than this is another text.
    private static let trailingSpaceLimit = 64

    /// The text followed by the mark of the action.
    package static func marked(_ text: String, action: ActionID) -> String {
        "\(text)\n\n\(opening)\(action)\(closing)"
    }

    /// The action whose mark ends the text. A mark further up is a quotation and counts for nothing.
    package static func action(endOf text: String) -> ActionID? {
        let length = opening.utf8.count + identifierBytes + closing.utf8.count
        var tail = Array(text.utf8.suffix(length + trailingSpaceLimit))[...]
        while let last = tail.last, last == 0x20 || (0x09...0x0D).contains(last) { tail.removeLast() }
        tail = tail.suffix(length)
        guard tail.count == length, tail.starts(with: opening.utf8),
            tail.suffix(closing.utf8.count).elementsEqual(closing.utf8)
        else { return nil }
        let identifier = tail.dropFirst(opening.utf8.count).prefix(identifierBytes)
        return ActionID(String(decoding: identifier, as: UTF8.self))
    }
}
