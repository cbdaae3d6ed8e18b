import GuildDomain
import GuildTransport

extension GitHubClient {
    private static let perPage = 100
    /// Pages of the newest comments, or issues, that are searched for an earlier try.
    private static let pageLimit = 5
    /// Pages that are read one after the other where GitHub does not name the last.
    private static let walkLimit = 50

    /// What an earlier try of an action has left behind.
    enum Earlier {
        /// What it created: known by our mark and by us as its author.
        case found(JSONValue)
        case absent
        /// Twice is the same as once.
        case harmless
    }

    func earlier(
        _ operation: String, _ arguments: GitHubArguments, _ action: ActionID
    ) async throws(OperationFailure) -> Earlier {
        let found: JSONValue?
        switch operation {
        case "github.create_issue_comment":
            let path =
                "\(try arguments.repository())/issues/\(try arguments.number())/comments?per_page=\(Self.perPage)"
            found = try await earlierComment(path, operation, action)
        case "github.create_issue":
            let path =
                "\(try arguments.repository())/issues?state=all&sort=created&direction=desc"
                + "&per_page=\(Self.perPage)"
            found = try await earlierIssue(path, operation, action)
        default:
            return .harmless
        }
        return found.map { .found($0) } ?? .absent
    }

    /// Throws `undecided` while a request that was sent at `lastTry` may still be performed: until then a mark that is
    /// absent proves nothing. A clock that was set back does not prolong the wait.
    func checkSettled(_ operation: String, after lastTry: Timestamp) throws(OperationFailure) {
        let now = clock.now
        let settled = min(lastTry, now) + settings.landingTime
        guard settled > now else { return }
        throw .undecided(until: settled, reason: "\(operation): an earlier request may still arrive at GitHub")
    }

    /// Comments come oldest first, so after the first page, which shows how many pages there are, the last ones are
    /// read. If GitHub names only the next page, all are read, up to the limit; if the unread ones may include the
    /// newest, nothing is written.
    private func earlierComment(
        _ path: String, _ operation: String, _ action: ActionID
    ) async throws(OperationFailure) -> JSONValue? {
        let author = try await author()
        let first = try await page(1, of: path, operation)
        if let found = Self.find(action, author, in: first.elements) { return found }
        guard let last = first.last else { return try await walk(from: first.next, path, operation, action, author) }
        var next = last
        while next > 1, last - next < Self.pageLimit {
            if let found = Self.find(action, author, in: try await page(next, of: path, operation).elements) {
                return found
            }
            next -= 1
        }
        return nil
    }

    private func walk(
        from second: Int?, _ path: String, _ operation: String, _ action: ActionID, _ author: GitHubIdentity?
    ) async throws(OperationFailure) -> JSONValue? {
        var next = second
        for _ in 0..<Self.walkLimit {
            guard let number = next else { return nil }
            let page = try await page(number, of: path, operation)
            if let found = Self.find(action, author, in: page.elements) { return found }
            // One that leads nowhere new has no more.
            next = page.next.flatMap { $0 > number ? $0 : nil }
        }
        guard next != nil else { return nil }
        throw .final(
            status: nil,
            reason: "\(operation): an earlier try may have been done, and there are too many comments to look for it")
    }

    private func earlierIssue(
        _ path: String, _ operation: String, _ action: ActionID
    ) async throws(OperationFailure) -> JSONValue? {
        let author = try await author()
        for number in 1...Self.pageLimit {
            let elements = try await page(number, of: path, operation).elements
            if let found = Self.find(action, author, in: elements) { return found }
            if elements.count < Self.perPage { break }
        }
        return nil
    }

    /// Nil where GitHub does not tell (an app's token may not ask): then the mark alone must do, which nobody can know
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
        _ number: Int, of path: String, _ operation: String
    ) async throws(OperationFailure) -> (elements: [JSONValue], next: Int?, last: Int?) {
        let response = try await send(GitHubCall("\(path)&page=\(number)"), for: operation, action: nil)
        try check(response, of: operation)
        let elements = try GitHubAnswer.json(response, of: operation).array ?? []
        let link = response.headers["Link"] ?? ""
        return (elements, GitHubAnswer.page("next", link), GitHubAnswer.page("last", link))
    }

    private static func find(_ action: ActionID, _ author: GitHubIdentity?, in elements: [JSONValue]) -> JSONValue? {
        elements.last { element in
            guard let body = element["body"]?.string, GitHubMarker.action(endOf: body) == action else { return false }
            return author?.isUser(element["user"] ?? .null) ?? true
        }
    }
}
