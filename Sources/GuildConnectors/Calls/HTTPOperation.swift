import GuildDomain
import GuildTransport

/// One operation of a system that is called over HTTP: all that is particular to it, in one value.
struct HTTPOperation: Sendable {
    typealias MakeRead = @Sendable (OperationArguments) throws(OperationFailure) -> HTTPCall
    typealias MakeWrite = @Sendable (OperationArguments, ActionID) throws(OperationFailure) -> HTTPCall

    typealias Settled = @Sendable (HTTPResponse) -> JSONValue?

    /// The rule that makes the request. A write receives the identity of its action, with which it marks its text.
    enum Request: Sendable {
        case read(MakeRead)
        case write(MakeWrite)

        var effect: Operation.Effect {
            switch self {
            case .read: .read
            case .write: .write
            }
        }
    }

    /// The rule that selects what an agent sees of the answer. The answer is masked first, because a result is cut, and
    /// half a secret is not recognised.
    enum Reading: Sendable {
        case json(@Sendable (JSONValue) -> JSONValue)
        case text(@Sendable (String) -> JSONValue)
    }

    /// The step before a write is retried whose answer was lost.
    enum Retry: Sendable {
        case harmless
        case keyed
        /// The list in which an earlier try shows.
        case marked(@Sendable (OperationArguments) throws(OperationFailure) -> MarkSearch)

        var repetition: Repetition {
            switch self {
            case .harmless: .harmless
            case .keyed: .keyed
            case .marked: .marked
            }
        }
    }

    let rules: OperationRules
    let request: Request
    let reading: Reading
    let retry: Retry
    /// The result of an answer of failure that means that there was nothing left to do; nil for any other.
    private(set) var settled: Settled?

    init(rules: OperationRules, request: Request, reading: Reading, retry: Retry) {
        self.rules = rules
        self.request = request
        self.reading = reading
        self.retry = retry
    }

    var name: String { rules.operation.name }

    /// The operation with a rule for answers of failure that mean that there was nothing left to do.
    func settling(_ settled: @escaping Settled) -> HTTPOperation {
        var operation = self
        operation.settled = settled
        return operation
    }
}

/// Where an earlier try of a write is searched for.
struct MarkSearch: Sendable {
    enum Order: Sendable { case oldestFirst, newestFirst }

    let list: HTTPCall
    let order: Order
}

extension HTTPCaller {
    /// Finds the result of an earlier try, by guild's mark and the guild's own account as its author.
    typealias Find =
        @Sendable (MarkSearch, _ operation: String, ActionID) async throws(OperationFailure) -> JSONValue?

    /// Performs one operation. A write whose repetition would show is tried again only after the mark of the first try has
    /// been looked for, and not while that may still arrive; all others end the same when repeated.
    ///
    /// - Returns: the result, and the address that answered if a redirect led there.
    func perform(
        _ operation: HTTPOperation, _ values: JSONValue, action: ActionID?, lastTry: Timestamp?,
        finding find: Find, approving approve: Approval
    ) async throws(OperationFailure) -> (result: JSONValue, movedTo: String?) {
        let arguments = OperationArguments(operation: operation.name, values: values)
        let call = try Self.call(operation, arguments, action)
        if let lastTry, let action, case .marked(let search) = operation.retry {
            if let earlier = try await find(try search(arguments), operation.name, action) {
                return (operation.result(of: redactor.maskedData(earlier)), nil)
            }
            try checkSettled(operation.name, after: lastTry)
        }
        let answer = try await send(call, for: operation.name, action: action, approving: approve)
        if let result = operation.settled?(answer.response) { return (result, nil) }
        try check(answer.response, of: operation.name)
        switch operation.reading {
        case .text(let read):
            let text = redactor.maskedData(String(decoding: answer.response.body, as: UTF8.self))
            return (read(text), answer.movedTo)
        case .json(let read):
            return (read(redactor.maskedData(try result(of: call, answer.response, operation.name))), answer.movedTo)
        }
    }

    /// Throws `undecided` while a request that was sent at `lastTry` may still be performed: until then a mark that is
    /// absent proves nothing. A clock that was set back does not prolong the wait.
    private func checkSettled(_ operation: String, after lastTry: Timestamp) throws(OperationFailure) {
        let now = clock.now
        let settled = min(lastTry, now) + rules.landingTime
        guard settled > now else { return }
        throw .undecided(until: settled, reason: "\(operation): an earlier request may still arrive at \(rules.title)")
    }

    private static func call(
        _ operation: HTTPOperation, _ arguments: OperationArguments, _ action: ActionID?
    ) throws(OperationFailure) -> HTTPCall {
        switch operation.request {
        case .read(let make): return try make(arguments)
        case .write(let make):
            guard let action else { throw arguments.invalid("a write needs the identity of its action") }
            return try make(arguments, action)
        }
    }

    /// The answer's JSON. A write that was accepted but answered with something else, as by a proxy, may have been
    /// performed: another try searches for it.
    private func result(
        of call: HTTPCall, _ response: HTTPResponse, _ operation: String
    ) throws(OperationFailure) -> JSONValue {
        do throws(OperationFailure) {
            return try json(response, of: operation)
        } catch {
            guard call.method != "GET" else { throw error }
            throw .retryable(
                reason: "\(error.message), with status \(response.status): it may have been done", retryAfter: nil)
        }
    }
}

extension HTTPOperation {
    /// The part of a JSON answer, or of an element of a list, that an agent sees.
    fileprivate func result(of answer: JSONValue) -> JSONValue {
        switch reading {
        case .json(let read): read(answer)
        case .text: .null
        }
    }
}
