package import GuildDomain
package import GuildTransport
import Synchronization

/// The address of our GitHub, and our identity there.
package struct GitHubSettings: Sendable {
    /// `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server.
    package var baseURL: String
    /// Sent as a bearer token; without one only public data can be read.
    package var token: SecretSource?
    /// Our login, bot or app slug; asked of the API where nothing is said.
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
    /// A longer answer fails; a page of a hundred comments can have 6 MB.
    static let largestResponseBytes = 16 << 20

    package let prefix = "github"
    package var operations: [Operation] { GitHubOperations.all }

    let settings: GitHubSettings
    private let http: HTTPClient
    let clock: any TimeSource
    let redactor: Redactor
    private let knownIdentity: Mutex<GitHubIdentity?>

    /// - Parameter redactor: masks secrets that GitHub's own messages may repeat.
    package init(
        settings: GitHubSettings, http: HTTPClient, redactor: Redactor, clock: any TimeSource = SystemTime()
    ) {
        self.settings = settings
        self.http = http
        self.redactor = redactor
        self.clock = clock
        knownIdentity = Mutex(settings.identity.map { GitHubIdentity(login: $0) })
    }

    package func subject(of operation: String, arguments: JSONValue) -> String? {
        GitHubOperations.subject(of: arguments)
    }

    package func carried(by operation: Operation, arguments: JSONValue) -> CarriedFields {
        GitHubFields.carried(by: operation, arguments: arguments)
    }

    package func eventTypes(causedBy operation: String) -> [String] { GitHubCausedEvents.types(causedBy: operation) }

    package func countedSubject(of operation: String, arguments: JSONValue) -> String? {
        GitHubOperations.countedSubject(of: operation, arguments: arguments)
    }

    /// Performs one operation. Creating a comment or an issue is the one kind of write that would show if it were done
    /// twice, so a retry first looks for the mark of the first try, and is not sent while that may still arrive; all
    /// others end the same when repeated.
    package func perform(
        _ operation: String, arguments: JSONValue, action: ActionID?, lastTry: Timestamp?
    ) async throws(OperationFailure) -> JSONValue {
        guard operations.contains(where: { $0.name == operation }) else {
            throw .unknownOperation(operation, nearest: NearestName.of(operation, in: operations.map(\.name)))
        }
        let arguments = GitHubArguments(operation: operation, values: arguments)
        let call = try GitHubCall(operation, arguments, action: action)
        if let lastTry, let action {
            switch try await earlier(operation, arguments, action) {
            case .found(let earlier): return GitHubResult.of(operation, redactor.maskedData(earlier))
            case .absent: try checkSettled(operation, after: lastTry)
            case .harmless: break
            }
        }
        let (response, movedTo) = try await follow(
            try await request(call, for: operation, action: action), for: operation)
        if operation == "github.remove_label", response.status == 404, Self.isMissingLabel(response) {
            return ["labels": [], "note": "the label was not there"]
        }
        try check(response, of: operation)
        // Masked whole, because a result is cut, and half a secret is not known for one.
        if operation == "github.get_pull_request_diff" {
            let diff = redactor.maskedData(String(decoding: response.body, as: UTF8.self))
            return await noting(movedTo, in: GitHubResult.diff(Array(diff.utf8)), of: operation)
        }
        let answer = redactor.maskedData(try result(of: call, response, operation))
        return await noting(movedTo, in: GitHubResult.of(operation, answer), of: operation)
    }

    /// The answer's JSON. A write that was taken and answered with anything else, as by a proxy, may have been done: another
    /// try looks for it.
    private func result(
        of call: GitHubCall, _ response: HTTPResponse, _ operation: String
    ) throws(OperationFailure) -> JSONValue {
        do throws(OperationFailure) {
            return try GitHubAnswer.json(response, of: operation)
        } catch {
            guard call.method != "GET" else { throw error }
            throw .retryable(
                reason: "\(error.message), with status \(response.status): it may have been done", retryAfter: nil)
        }
    }

    /// Our identity on GitHub: the manifest's, or else the owner of the token, asked once.
    package func identity() async throws(OperationFailure) -> GitHubIdentity {
        if let known = knownIdentity.withLock({ $0 }) { return known }
        let identity = try await askIdentity()
        knownIdentity.withLock { $0 = identity }
        return identity
    }

    /// One call, redirects followed; any status is an answer.
    func send(
        _ call: GitHubCall, for operation: String, action: ActionID?
    ) async throws(OperationFailure) -> HTTPResponse {
        try await follow(try await request(call, for: operation, action: action), for: operation).response
    }

    func exchange(_ request: HTTPRequest, for operation: String) async throws(OperationFailure) -> HTTPResponse {
        do throws(HTTPFailure) {
            return try await http.send(request)
        } catch {
            let reason = redactor.masked("\(operation): \(error.message)")
            switch error {
            case .invalidURL, .invalidRequest, .forbiddenAddress, .bodyTooLarge:
                throw .final(status: nil, reason: reason)
            default: throw .retryable(reason: reason, retryAfter: nil)
            }
        }
    }

    func check(_ response: HTTPResponse, of operation: String) throws(OperationFailure) {
        try GitHubAnswer.check(response, of: operation, now: clock.now, redactor: redactor)
    }

    private func request(
        _ call: GitHubCall, for operation: String, action: ActionID?
    ) async throws(OperationFailure) -> HTTPRequest {
        var headers: Headers = [
            "Accept": call.accept, "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "guild",
        ]
        if let token = settings.token {
            do throws(SecretFailure) {
                let secret = try await token.current()
                redactor.learn(secret)
                headers["Authorization"] = "Bearer \(secret.reveal())"
            } catch {
                let reason = "\(operation): \(error.message)"
                throw error.isTransient
                    ? .retryable(reason: reason, retryAfter: nil) : .final(status: nil, reason: reason)
            }
        }
        // GitHub ignores it; a proxy or a compatible server may not.
        if let action { headers["Idempotency-Key"] = action.description }
        if call.body != nil { headers["Content-Type"] = "application/json" }
        return HTTPRequest(
            method: call.method, url: call.address(under: settings.baseURL), headers: headers,
            body: call.body?.bytes() ?? [],
            responseLimitBytes: Self.largestResponseBytes)
    }

    /// GitHub answers 404 both for a label that the issue does not have and for an issue that we may not see; only the
    /// message tells them apart.
    private static func isMissingLabel(_ response: HTTPResponse) -> Bool {
        GitHubAnswer.message(response)?.lowercased().hasPrefix("label does not exist") ?? false
    }
}
