package import GuildDomain
import GuildTransport

/// Repositories that are renamed or transferred answer by redirects, and keep their id; one that was made again under the
/// old name has another.
extension GitHubClient {
    /// GitHub needs one; a second covers a rename behind a transfer.
    static let redirectLimit = 3

    /// One exchange and the redirects that it leads to, on the same scheme, host and port only. Each repeats the method
    /// and the body, which no client does by itself for a POST.
    ///
    /// - Returns: the answer, and the address that it came from if that is not the one that was asked.
    func follow(
        _ request: HTTPRequest, for operation: String
    ) async throws(OperationFailure) -> (response: HTTPResponse, movedTo: String?) {
        var request = request
        for hop in 0...Self.redirectLimit {
            let response = try await exchange(request, for: operation)
            guard HTTPRedirect.statuses.contains(response.status), let location = response.headers["Location"],
                !location.isEmpty
            else {
                return (response, hop == 0 ? nil : request.url)
            }
            guard let next = HTTPRedirect.target(location, from: request.url) else {
                throw .final(
                    status: response.status,
                    reason:
                        "\(operation): GitHub answers \(response.status) and names another server, where nothing is sent"
                )
            }
            try await requireSameRepository(request.url, next, operation)
            request.url = next
        }
        throw .final(status: nil, reason: "\(operation): GitHub answers with more than \(Self.redirectLimit) redirects")
    }

    /// An issue that was transferred answers by a redirect too, into another repository, where the agent may have no
    /// business: only a repository that is known by a new name is followed.
    private func requireSameRepository(
        _ asked: String, _ next: String, _ operation: String
    ) async throws(OperationFailure) {
        guard let old = GitHubPlace(address: asked), let new = GitHubPlace(address: next), old.isInside,
            old.repository != new.repository,
            case .name(let name) = old.repository
        else { return }
        let response = try await send(GitHubCall("/repos/\(name)"), for: operation, action: nil)
        if (500..<600).contains(response.status) || response.status == 429 { try check(response, of: operation) }
        // What cannot be asked cannot be told apart; the address itself came from GitHub.
        guard response.status == 200, let now = try? GitHubAnswer.json(response, of: operation),
            !new.isRepository(now)
        else { return }
        throw .final(
            status: nil,
            reason: redactor.masked(
                "\(operation): this has moved to another repository, \(new.repository.text): nothing is done there "
                    + "in the name of \(name)"))
    }

    /// The result of an operation on a repository that has moved, with its new name.
    func noting(_ address: String?, in result: JSONValue, of operation: String) async -> JSONValue {
        guard let address, var object = result.object else { return result }
        let name = redactor.maskedData(await newName(at: address, operation))
        object["repository_moved_to"] = .string(name)
        object["repository_note"] = .string("the repository has moved: it is \(name) now, use that name")
        return .object(object)
    }

    /// The name of the repository at an address of the API: it is in the address, or GitHub is asked by the id in it.
    private func newName(at address: String, _ operation: String) async -> String {
        guard let place = GitHubPlace(address: address) else { return address }
        guard case .id(let id) = place.repository else { return place.repository.text }
        // The new name is a courtesy: what was asked for has been done, whether we learn the name or not.
        let answer = try? await send(GitHubCall("/repositories/\(id)"), for: operation, action: nil)
        let name = answer.flatMap { try? GitHubAnswer.json($0, of: operation) }?["full_name"]?.string
        return name.map { String($0.prefix(Self.longestName)) } ?? "repository \(id)"
    }

    private static let longestName = 140

    package func hasPlace(_ operation: String, arguments: JSONValue) -> Bool {
        operations.first { $0.name == operation }?.effect == .write && arguments["repository"]?.string != nil
    }

    /// Refuses a write to a repository that bears the event's name and is not the event's any more.
    package func confirm(
        _ operation: String, arguments: JSONValue, against event: Event
    ) async throws(OperationFailure) {
        guard event.system == prefix, hasPlace(operation, arguments: arguments),
            let named = arguments["repository"]?.string, let (name, id) = Self.repository(of: event),
            named.lowercased() == name.lowercased()
        else { return }
        let path = try GitHubArguments(operation: operation, values: arguments).repository()
        let response = try await send(GitHubCall(path), for: operation, action: nil)
        do throws(OperationFailure) {
            try check(response, of: operation)
        } catch {
            guard case .retryable = error else { return }  // What may not be seen is judged by the write itself.
            throw error
        }
        let answer: JSONValue
        do throws(OperationFailure) {
            answer = try GitHubAnswer.json(response, of: operation)
        } catch {
            // Some proxy's page, or half an answer: it says nothing about the repository.
            throw .retryable(reason: error.message, retryAfter: nil)
        }
        guard let now = answer["id"]?.integer, now != id else { return }
        throw .final(
            status: nil,
            reason: "\(operation): \(name) is another repository now (id \(now)) than the one of the event (id \(id)): "
                + "nothing is written there")
    }

    private static func repository(of event: Event) -> (name: String, id: Int64)? {
        let wanted: JSONSelection = ["repository": ["full_name": .whole, "id": .whole]]
        // A payload that is not JSON has no repository to compare with.
        guard let data = try? JSONParser.parse(event.payload, selecting: wanted),
            let name = data["repository"]?["full_name"]?.string, let id = data["repository"]?["id"]?.integer
        else { return nil }
        return (name, id)
    }
}
