import GuildDomain

/// Keeps git from running programs that a repository's own configuration or hooks name: otherwise the source of a
/// repository would decide what runs here. Programs that the user's and the host's configuration name still run.
struct RepositoryPrograms {
    private typealias Setting = (key: String, value: String)

    /// Set however a repository is configured. Submodules have configurations of their own, which are not looked at.
    private static let always: [Setting] = [
        ("core.hooksPath", "/dev/null"), ("protocol.ext.allow", "never"), ("fetch.recurseSubmodules", "false"),
        ("submodule.recurse", "false"),
    ]

    /// Lists the settings, for `init`.
    static let list = ["config", "--list", "-z", "--show-scope"]

    /// The settings that take the place of those which name programs.
    private var settings = always

    /// - Parameters:
    ///   - listing: the output of `list`: a scope, NUL, a key, a line's end and a value, NUL.
    ///   - place: the repository's name in messages.
    /// - Throws: `Failure` of kind `.refused` for a key that cannot be overridden here, or whose first value git uses.
    init(listing: String, of place: String) throws(Failure) {
        let fields = listing.split(separator: "\0", omittingEmptySubsequences: false)
        var own: [String] = []
        var others: [String: [String]] = [:]
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            let parts = fields[index + 1].split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(parts[0])
            if ["local", "worktree"].contains(fields[index]) {
                guard !key.unicodeScalars.contains("\u{FFFD}"), !Self.countsFirst(key) else {
                    throw Failure(
                        .refused, "\(place): its own git configuration may not set '\(key.escapingControls)' for guild",
                        hint: "remove it there: a repository must not choose which programs run here")
                }
                if !own.contains(key) { own.append(key) }
            } else {
                others[key, default: []].append(parts.count > 1 ? String(parts[1]) : "true")
            }
        }
        for key in own {
            guard let plain = Self.plain(key) else { continue }
            if Self.isList(key) {
                // An empty value forgets those before it.
                settings += ([""] + (others[key] ?? [])).map { (key: key, value: $0) }
            } else {
                settings.append((key: key, value: others[key]?.last ?? plain))
            }
        }
    }

    /// For git's environment (git-config(1), "ENVIRONMENT"); our own `-c` takes precedence.
    var variables: [String: String] {
        var variables = ["GIT_CONFIG_COUNT": String(settings.count)]
        for (index, setting) in settings.enumerated() {
            variables["GIT_CONFIG_KEY_\(index)"] = setting.key
            variables["GIT_CONFIG_VALUE_\(index)"] = setting.value
        }
        return variables
    }

    private static func isList(_ key: String) -> Bool { key.hasPrefix("credential.") || key.hasPrefix("gc.") }

    private static func countsFirst(_ key: String) -> Bool {
        key.hasPrefix("remote.") && (key.hasSuffix(".uploadpack") || key.hasSuffix(".receivepack"))
    }

    /// The neutral value of a setting that names a program; nil for a setting that names none. Keys come in lower case
    /// except for the part between the dots.
    private static func plain(_ key: String) -> String? {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 1, let section = parts.first, let name = parts.last else { return nil }
        switch (section, name) {
        case ("core", "fsmonitor"), ("filter", "required"): return "false"
        case ("core", "sshcommand"): return "ssh"
        case ("core", "gitproxy"): return "none"
        case ("core", "alternaterefscommand"), ("diff", "textconv"), ("diff", "command"), ("diff", "external"):
            return "true"
        case ("core", "askpass"), ("core", "editor"), ("core", "pager"), ("credential", "helper"), ("filter", "clean"),
            ("filter", "smudge"), ("filter", "process"), ("gc", "recentobjectshook"), ("remote", "vcs"):
            return ""
        case ("gpg", "program"): return ["ssh": "ssh-keygen", "x509": "gpgsm"][parts[1]] ?? "gpg"
        case ("gpg", "defaultkeycommand"), ("merge", "driver"): return "false"
        default: return nil
        }
    }
}
