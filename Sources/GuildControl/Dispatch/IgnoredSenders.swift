import GuildDomain

/// The logins and ids whose events call no agent (docs/dispatch.md, "Rules"; SafetyPolicy `ignore_senders`).
///
/// A login is compared without case; a bot also matches by its name without the `[bot]` that some systems append.
struct IgnoredSenders {
    private let names: Set<String>

    init(_ names: [String]) { self.names = Set(names.map { $0.lowercased() }) }

    /// - Returns: the sender of the payload as it names itself, if it is one of these.
    func match(in data: JSONValue) -> String? {
        guard !names.isEmpty, let sender = data["sender"] else { return nil }
        if let name = sender.string { return names.contains(name.lowercased()) ? name : nil }
        let login = sender["login"]?.string
        if let login, names.contains(login.lowercased()) { return login }
        if let login, sender["type"]?.string == "Bot", login.lowercased().hasSuffix(Self.botSuffix),
            names.contains(String(login.lowercased().dropLast(Self.botSuffix.count)))
        {
            return login
        }
        guard let id = sender["id"]?.integer, names.contains(String(id)) else { return nil }
        return login ?? String(id)
    }

    private static let botSuffix = "[bot]"
}
