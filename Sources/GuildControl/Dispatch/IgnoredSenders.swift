import GuildDomain

/// The logins and ids whose events set nothing going (spec: SafetyPolicy `ignore_senders`).
///
/// A login is compared without case; a bot is also known by its name without the `[bot]` that some systems put behind it.
struct IgnoredSenders {
    private let names: Set<String>

    init(_ names: [String]) { self.names = Set(names.map { $0.lowercased() }) }

    /// - Returns: the sender of the payload as it names itself, where it is one of these.
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
