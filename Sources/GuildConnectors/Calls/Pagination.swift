import GuildDomain
import GuildTransport

/// How a system gives a long list piece by piece.
enum Pagination: Sendable {
    /// `Link: <…>; rel="next"` (RFC 8288); only on the same scheme, host and port.
    case link
    /// A text in the answer, at this path, that goes into a field of the next query.
    case cursor(at: [String], field: String)
    /// Pages by number from 1, in a field of the query; one with fewer elements than `size` is the last.
    case number(field: String, size: Int)
}

/// Why a walk over pages ended.
enum PageWalk: Sendable, Equatable {
    /// There are no more pages.
    case finished
    /// The visitor had enough.
    case stopped
    /// There may be more, and the limit of pages is reached.
    case cutOff
}

extension HTTPCaller {
    /// Reads page after page.
    ///
    /// - Parameters:
    ///   - most: pages that are read at most.
    ///   - elements: the list in an answer.
    ///   - visit: gets the elements of one page; false ends the walk.
    func walk(
        _ first: HTTPCall, by pagination: Pagination, most: Int, for operation: String,
        approving approve: Approval = { (_, _) throws(OperationFailure) in },
        elements: (JSONValue) -> [JSONValue] = { $0.array ?? [] }, visit: ([JSONValue]) -> Bool
    ) async throws(OperationFailure) -> PageWalk {
        var call = first
        if case .number(let field, _) = pagination { call = first.adding(field, "1") }
        for number in 1...max(1, most) {
            let answer = try await send(call, for: operation, approving: approve)
            try check(answer.response, of: operation)
            let document = try json(answer.response, of: operation)
            let list = elements(document)
            guard visit(list) else { return .stopped }
            switch pagination {
            case .link:
                guard let target = LinkHeader.target("next", in: answer.response.headers["Link"] ?? "") else {
                    return .finished
                }
                call.path = try path(ofPage: target, operation)
            case .cursor(let path, let field):
                let cursor = path.reduce(Optional(document)) { $0?[$1] }?.string ?? ""
                guard !cursor.isEmpty else { return .finished }
                call = first.adding(field, cursor)
            case .number(let field, let size):
                guard list.count >= size else { return .finished }
                call = first.adding(field, "\(number + 1)")
            }
        }
        return .cutOff
    }

    /// The part of a page's address that follows the base address: credentials go to no other host.
    private func path(ofPage target: String, _ operation: String) throws(OperationFailure) -> String {
        let base = rules.address(of: HTTPCall(""))
        guard let address = HTTPRedirect.target(target, from: base + "/"), address.hasPrefix(base) else {
            throw .final(
                status: nil,
                reason: redactor.masked("\(operation): \(rules.title) names a next page on another server"))
        }
        return String(address.dropFirst(base.count))
    }
}
