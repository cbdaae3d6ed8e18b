import GuildDomain
import GuildTransport

/// The answer to a call.
struct CallAnswer: Sendable {
    let response: HTTPResponse
    /// The address that answered, if a redirect led there.
    let movedTo: String?
}

/// Sends the calls of one connection as its system's rules say: address, credential, redirects, limits and failures are
/// the same for every connector.
struct HTTPCaller: Sendable {
    /// Refuses a redirect between two addresses of the system by throwing.
    typealias Approval = @Sendable (_ from: String, _ to: String) async throws(OperationFailure) -> Void

    let rules: CallRules
    let http: HTTPClient
    /// Masks secrets that the system's own messages may repeat.
    let redactor: Redactor
    let clock: any TimeSource

    /// One call and the redirects that it leads to; any status is an answer.
    ///
    /// Each redirect repeats the method and the body, which no client does by itself for a POST, and stays on the same
    /// scheme, host and port.
    func send(
        _ call: HTTPCall, for operation: String, action: ActionID? = nil,
        approving approve: Approval = { (_, _) throws(OperationFailure) in }
    ) async throws(OperationFailure) -> CallAnswer {
        var address = rules.address(of: call)
        for hop in 0...rules.redirectLimit {
            let request = try await request(call, at: address, for: operation, action: action)
            let response = try await exchange(request, for: operation)
            guard HTTPRedirect.statuses.contains(response.status), let location = response.headers["Location"],
                !location.isEmpty
            else { return CallAnswer(response: response, movedTo: hop == 0 ? nil : address) }
            guard let next = HTTPRedirect.target(location, from: address) else {
                throw .final(
                    status: response.status,
                    reason:
                        "\(operation): \(rules.title) answers \(response.status) and names another server, where nothing "
                        + "is sent")
            }
            try await approve(address, next)
            address = next
        }
        throw .final(
            status: nil, reason: "\(operation): \(rules.title) answers with more than \(rules.redirectLimit) redirects")
    }

    /// Throws unless the status is one of success.
    func check(_ response: HTTPResponse, of operation: String) throws(OperationFailure) {
        let failure = rules.failures.failure(
            in: response, of: operation, by: rules.title, limits: rules.limits, now: clock.now, redactor: redactor)
        if let failure { throw failure }
    }

    /// The answer as JSON; an empty one is null.
    func json(_ response: HTTPResponse, of operation: String) throws(OperationFailure) -> JSONValue {
        if response.body.isEmpty { return .null }
        do throws(JSONParser.Problem) {
            return try JSONParser.parse(response.body)
        } catch {
            throw .final(
                status: response.status, reason: "\(operation): \(rules.title)'s answer is \(error.message)")
        }
    }

    private func exchange(_ request: HTTPRequest, for operation: String) async throws(OperationFailure) -> HTTPResponse
    {
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

    private func request(
        _ call: HTTPCall, at address: String, for operation: String, action: ActionID?
    ) async throws(OperationFailure) -> HTTPRequest {
        var request = HTTPRequest(
            method: call.method, url: address, headers: rules.headers, body: call.body?.bytes() ?? [],
            responseLimitBytes: rules.largestAnswerBytes)
        for field in call.headers.fields { request.headers[field.name] = field.value }
        if let action, let name = rules.idempotencyHeader { request.headers[name] = action.description }
        if call.body != nil { request.headers["Content-Type"] = "application/json" }
        do throws(SecretFailure) {
            try await rules.authentication.apply(to: &request, learning: redactor)
        } catch {
            let reason = "\(operation): \(error.message)"
            throw error.isTransient
                ? .retryable(reason: reason, retryAfter: nil) : .final(status: nil, reason: reason)
        }
        return request
    }
}
