import GuildDomain

/// The repository that an address of the API is about: `…/repos/OWNER/REPO/…` or `…/repositories/ID/…`.
struct GitHubPlace {
    enum Repository: Equatable {
        /// `owner/repo`; GitHub compares without case.
        case name(String)
        case id(Int64)

        var text: String {
            switch self {
            case .name(let name): name
            case .id(let id): "repository \(id)"
            }
        }

        static func == (left: Self, right: Self) -> Bool { left.text.lowercased() == right.text.lowercased() }
    }

    let repository: Repository
    /// Whether the address is of something within the repository.
    let isInside: Bool

    init?(address: String) {
        // Behind the scheme and the host; an Enterprise Server has `api/v3` before the rest.
        let steps = address.prefix { $0 != "?" }.split(separator: "/").dropFirst(2).map(String.init)
        guard let index = steps.firstIndex(where: { $0 == "repos" || $0 == "repositories" }) else { return nil }
        let rest = steps[(index + 1)...].map { $0 }
        if steps[index] == "repos" {
            guard rest.count >= 2 else { return nil }
            repository = .name("\(rest[0])/\(rest[1])")
            isInside = rest.count > 2
        } else {
            guard let id = rest.first.flatMap({ Int64($0) }) else { return nil }
            repository = .id(id)
            isInside = rest.count > 1
        }
    }

    /// Whether this is the repository that GitHub describes.
    func isRepository(_ answer: JSONValue) -> Bool {
        switch repository {
        case .name(let name): answer["full_name"]?.string.map { $0.lowercased() == name.lowercased() } ?? true
        case .id(let id): answer["id"]?.integer.map { $0 == id } ?? true
        }
    }
}
