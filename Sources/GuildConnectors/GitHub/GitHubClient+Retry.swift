import GuildDomain
import GuildTransport

extension GitHubClient {
    /// Pages of the newest comments, or issues, that are searched for an earlier try.
    private static let pageLimit = 5
    /// Pages that are read one after the other if GitHub does not name the last.
    private static let walkLimit = 50

    /// What an earlier try of an action has created: known by our mark and by us as its author.
    func earlier(
        _ search: MarkSearch, _ operation: String, _ action: ActionID
    ) async throws(OperationFailure) -> JSONValue? {
        let author = try await author()
        switch search.order {
        case .oldestFirst: return try await earlierComment(search.list, operation, action, author)
        case .newestFirst:
            var found: JSONValue?
            _ = try await caller.walk(
                search.list, by: .number(field: "page", size: Self.perPage), most: Self.pageLimit, for: operation,
                approving: approval(of: operation)
            ) { elements in
                found = Self.find(action, author, in: elements)
                return found == nil
            }
            return found
        }
    }

    /// Comments come oldest first, so after the first page, which shows how many pages there are, the last ones are
    /// read. If GitHub names only the next page, all are read, up to the limit; if the unread ones may include the
    /// newest, nothing is written.
    private func earlierComment(
        _ list: HTTPCall, _ operation: String, _ action: ActionID, _ author: GitHubIdentity?
    ) async throws(OperationFailure) -> JSONValue? {
        let first = try await page(1, of: list, operation)
        if let found = Self.find(action, author, in: first.elements) { return found }
        guard let last = first.last else { return try await walk(from: first.next, list, operation, action, author) }
        var next = last
        while next > 1, last - next < Self.pageLimit {
            if let found = Self.find(action, author, in: try await page(next, of: list, operation).elements) {
                return found
            }
            next -= 1
        }
        return nil
    }

    private func walk(
        from second: Int?, _ list: HTTPCall, _ operation: String, _ action: ActionID, _ author: GitHubIdentity?
    ) async throws(OperationFailure) -> JSONValue? {
        var next = second
        for _ in 0..<Self.walkLimit {
            guard let number = next else { return nil }
            let page = try await page(number, of: list, operation)
            if let found = Self.find(action, author, in: page.elements) { return found }
            // One that leads nowhere new has no more.
            next = page.next.flatMap { $0 > number ? $0 : nil }
        }
        guard next != nil else { return nil }
        throw .final(
            status: nil,
            reason: "\(operation): an earlier try may have been done, and there are too many comments to look for it")
    }

    /// Nil if GitHub does not tell (an app's token may not ask): then the mark alone must do, which nobody can know
    /// before we have written it.
    private func author() async throws(OperationFailure) -> GitHubIdentity? {
        do throws(OperationFailure) {
            return try await identity()
        } catch {
            guard case .final = error else { throw error }
            return nil
        }
    }

    private func page(
        _ number: Int, of list: HTTPCall, _ operation: String
    ) async throws(OperationFailure) -> (elements: [JSONValue], next: Int?, last: Int?) {
        let response = try await send(list.adding("page", "\(number)"), for: operation)
        try caller.check(response, of: operation)
        let elements = try caller.json(response, of: operation).array ?? []
        let link = response.headers["Link"] ?? ""
        return (elements, LinkHeader.page("next", in: link), LinkHeader.page("last", in: link))
    }

    private static func find(_ action: ActionID, _ author: GitHubIdentity?, in elements: [JSONValue]) -> JSONValue? {
        elements.last { element in
            guard let body = element["body"]?.string, GitHubMarker.action(endOf: body) == action else { return false }
            return author?.isUser(element["user"] ?? .null) ?? true
        }
    }
}
