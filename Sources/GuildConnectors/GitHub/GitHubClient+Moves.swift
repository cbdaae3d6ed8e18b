package import GuildDomain
import GuildTransport

/// Repositories that are renamed or transferred answer by redirects, and keep their id; one that was made again under the
/// old name has another.
extension GitHubClient {
    /// An issue that was transferred answers by a redirect too, into another repository, where the agent may have no
    /// business: only a repository that is known by a new name is followed.
    func requireSameRepository(
        _ asked: String, _ next: String, _ operation: String
    ) async throws(OperationFailure) {
        guard let old = GitHubPlace(address: asked), let new = GitHubPlace(address: next), old.isInside,
            old.repository != new.repository,
            case .name(let name) = old.repository
        else { return }
        let response = try await send(HTTPCall("/repos/\(name)"), for: operation)
        if (500..<600).contains(response.status) || response.status == 429 { try caller.check(response, of: operation) }
        // What cannot be asked cannot be told apart; the address itself came from GitHub.
        guard response.status == 200, let now = try? caller.json(response, of: operation),
            !new.isRepository(now)
        else { return }
        throw .final(
            status: nil,
            reason: caller.redactor.masked(
                "\(operation): this has moved to another repository, \(new.repository.text): nothing is done there "
                    + "in the name of \(name)"))
    }

    /// The result of an operation on a repository that has moved, with its new name.
    func noting(_ address: String?, in result: JSONValue, of operation: String) async -> JSONValue {
        guard let address, var object = result.object else { return result }
        let name = caller.redactor.maskedData(await newName(at: address, operation))
        object["repository_moved_to"] = .string(name)
        object["repository_note"] = .string("the repository has moved: it is \(name) now, use that name")
        return .object(object)
    }

    /// The name of the repository at an address of the API: it is in the address, or GitHub is asked by the id in it.
    private func newName(at address: String, _ operation: String) async -> String {
        guard let place = GitHubPlace(address: address) else { return address }
        guard case .id(let id) = place.repository else { return place.repository.text }
        // The new name is a courtesy: what was asked for has been done, whether we learn the name or not.
        let answer = try? await send(HTTPCall("/repositories/\(id)"), for: operation)
        let name = answer.flatMap { try? caller.json($0, of: operation) }?["full_name"]?.string
        return name.map { String($0.prefix(Self.longestName)) } ?? "repository \(id)"
    }

    private static let longestName = 140

    /// Refuses a write to a repository that bears the event's name and is not the event's any more.
    package func confirm(
        _ operation: String, arguments: JSONValue, against event: Event
    ) async throws(OperationFailure) {
        guard event.system == "github", GitHubConnector().hasPlace(operation, arguments: arguments),
            let named = arguments["repository"]?.string, let (name, id) = Self.repository(of: event),
            named.lowercased() == name.lowercased()
        else { return }
        let path = try OperationArguments(operation: operation, values: arguments).repository()
        let response = try await send(HTTPCall(path), for: operation)
        do throws(OperationFailure) {
            try caller.check(response, of: operation)
        } catch {
            guard case .retryable = error else { return }  // What may not be seen is judged by the write itself.
            throw error
        }
        let answer: JSONValue
        do throws(OperationFailure) {
            answer = try caller.json(response, of: operation)
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
