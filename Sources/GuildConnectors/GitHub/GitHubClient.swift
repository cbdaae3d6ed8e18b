package import GuildDomain
package import GuildTransport
import Synchronization

/// The address of our GitHub, and our identity there.
package struct GitHubSettings: Sendable {
    /// `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server.
    package var baseURL: String
    /// Sent as a bearer token; without one only public data can be read.
    package var token: SecretSource?
    /// Our login, bot or app slug; asked of the API if nothing is said.
    package var identity: String?
    /// How long after it was sent a request may still be performed. GitHub ends one after 10 s
    /// (https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts); the rest is for its way
    /// there.
    package var landingTime: Duration

    package init(
        baseURL: String = "https://api.github.com", token: SecretSource? = nil, identity: String? = nil,
        landingTime: Duration = .seconds(15)
    ) {
        self.baseURL = baseURL
        self.token = token
        self.identity = identity
        self.landingTime = landingTime
    }
}

/// Performs the operations of `GitHubOperations` by GitHub's REST API (https://docs.github.com/rest).
package final class GitHubClient: OperationPerformer {
    /// Elements of a page in which an earlier try is looked for; GitHub gives no more.
    static let perPage = 100

    let settings: GitHubSettings
    let caller: HTTPCaller
    private let knownIdentity: Mutex<GitHubIdentity?>

    /// - Parameter redactor: masks secrets that GitHub's own messages may repeat.
    package init(settings: GitHubSettings, http: HTTPClient, redactor: Redactor, clock: any TimeSource) {
        self.settings = settings
        caller = HTTPCaller(rules: GitHubRules.of(settings), http: http, redactor: redactor, clock: clock)
        knownIdentity = Mutex(settings.identity.map { GitHubIdentity(login: $0) })
    }

    package func perform(
        _ operation: String, arguments: JSONValue, action: ActionID?, lastTry: Timestamp?
    ) async throws(OperationFailure) -> JSONValue {
        guard let known = GitHubOperations.byName[operation] else {
            throw .unknownOperation(
                operation, nearest: NearestName.of(operation, in: GitHubOperations.all.map(\.name)))
        }
        let (result, movedTo) = try await caller.perform(
            known, arguments, action: action, lastTry: lastTry,
            finding: { (search, operation, action) async throws(OperationFailure) in
                try await self.earlier(search, operation, action)
            },
            approving: approval(of: operation))
        return await noting(movedTo, in: result, of: operation)
    }

    /// The guild's own account on GitHub: the manifest's, or else the owner of the token, requested once.
    package func identity() async throws(OperationFailure) -> GitHubIdentity {
        if let known = knownIdentity.withLock({ $0 }) { return known }
        let identity = try await askIdentity()
        knownIdentity.withLock { $0 = identity }
        return identity
    }

    package func ownIdentity() async throws(OperationFailure) -> SystemIdentity? { try await identity().general }

    /// One call, redirects followed; any status is an answer.
    func send(_ call: HTTPCall, for operation: String) async throws(OperationFailure) -> HTTPResponse {
        try await caller.send(call, for: operation, approving: approval(of: operation)).response
    }

    func approval(of operation: String) -> HTTPCaller.Approval {
        { [self] (old, new) async throws(OperationFailure) in try await requireSameRepository(old, new, operation) }
    }
}
