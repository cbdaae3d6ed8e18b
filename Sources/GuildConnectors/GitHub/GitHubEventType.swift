import GuildDomain

/// One type of GitHub's events: the members of its payloads, and whether two payloads can be equal to the byte
/// (https://docs.github.com/webhooks/webhook-events-and-payloads).
///
/// `X-GitHub-Event` is not signed. So a payload must have the members of its declared type, and must not be a payload
/// of another type: nobody can reuse a captured body under another type.
struct GitHubEventType: Sendable {
    /// When the payload has no time or id of its own, so that two equal ones are two events.
    enum Repeats: Sendable {
        case never, always
        case actions(Set<String>)
    }

    let name: String
    /// Members that each payload of the type has, beside those that many types share.
    let members: [String]
    /// Members of other types that its payloads may have too.
    let shared: Set<String>
    /// A member that its payloads never have; nil says nothing.
    let absent: String?
    /// The actions if members alone do not determine the type; nil accepts any.
    let actions: Set<String>?
    let hasAction: Bool
    let repeats: Repeats

    /// - Parameters: as the properties; members and actions are divided by spaces.
    init(
        _ name: String, _ members: String = "", shared: String = "", absent: String? = nil, actions: String? = nil,
        hasAction: Bool = true, repeats: Repeats = .never
    ) {
        self.name = name
        self.members = members.split(separator: " ").map(String.init)
        self.shared = Set(shared.split(separator: " ").map(String.init))
        self.absent = absent
        self.actions = actions.map { Set($0.split(separator: " ").map(String.init)) }
        self.hasAction = hasAction
        self.repeats = repeats
    }

    /// Whether a payload may come again, equal to the byte, and be another event.
    func canRepeat(action: String?) -> Bool {
        switch repeats {
        case .never: false
        case .always: true
        case .actions(let actions): action.map(actions.contains) ?? false
        }
    }

    /// - Throws: if it is not a payload of this type.
    func check(_ data: JSONValue, action: String?) throws(WebhookRefusal) {
        for member in members {
            guard let value = data[member] else {
                throw .malformedPayload("'\(member)' is missing, which each payload of \(name) has")
            }
            guard !Self.objects.contains(member) || value.object != nil else {
                throw .malformedPayload("'\(member)' is not an object, which it is in each payload of \(name)")
            }
        }
        if let action {
            guard hasAction, actions?.contains(action) ?? true else {
                throw .malformedPayload("a payload of \(name) has no action '\(action)'")
            }
        } else if actions != nil {
            throw .malformedPayload("'action' is missing, which each payload of \(name) has")
        }
        if let absent, data[absent] != nil {
            throw .malformedPayload("it has '\(absent)', which no payload of \(name) has")
        }
        for rival in Self.rivals[name] ?? [] where rival.members.allSatisfy({ data[$0] != nil }) {
            throw .malformedPayload("it is one of \(rival.name), not of \(name)")
        }
    }

    // MARK: Over all types

    static func named(_ name: String) -> GitHubEventType? { byName[name] }

    /// Every member that identifies a type: only its presence, and whether it is an object, is examined.
    static let selection: JSONSelection.Members = Set(all.flatMap(\.members)).sorted().map { .init($0, [:]) }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// Types that have so little of their own that nearly any other payload shows it too.
    private static let general: Set<String> = [
        "branch_protection_configuration", "enterprise", "github_app_authorization", "installation", "label", "member",
        "milestone", "organization", "public", "repository", "security_and_analysis", "status", "team", "team_add",
        "user", "watch",
    ]

    /// The types that a payload with the members of `name` may actually have: those whose members are all present, and
    /// exceed the members that `name` has or may have.
    private static let rivals: [String: [GitHubEventType]] = {
        var rivals: [String: [GitHubEventType]] = [:]
        for type in all {
            let own = Set(type.members)
            rivals[type.name] = all.filter { other in
                let members = Set(other.members).subtracting(common)
                guard other.name != type.name, !members.isSubset(of: own.union(type.shared)) else { return false }
                return general.contains(type.name) || own.isSubset(of: members)
            }
        }
        return rivals
    }()

    /// Members that payloads of any type may have.
    private static let common: Set<String> = [
        "repository", "organization", "installation", "enterprise", "sender", "changes",
    ]

    /// The identifying members that are objects.
    private static let objects: Set<String> = [
        "alert", "build", "check_run", "check_suite", "comment", "deployment", "deployment_status", "discussion",
        "forkee", "hook", "installation", "issue", "key", "label", "member", "merge_group", "milestone", "organization",
        "package", "project", "project_card", "project_column", "projects_v2", "projects_v2_item", "pull_request",
        "registry_package", "release", "repository", "review", "rule", "security_advisory", "sponsorship", "team",
        "thread", "user", "workflow_job", "workflow_run",
    ]
}
