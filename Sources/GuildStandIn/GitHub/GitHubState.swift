import GuildDomain
import Synchronization

/// The repositories as the stand-in remembers them.
///
/// Every repository except one named `missing` exists, with issues and pull requests 1 to 1000, or of any number under
/// load, that nobody has touched. New objects get identifiers from 1001 up, in order, so that two runs agree.
final class GitHubState: Sendable {
    static let login = "guild-bot"
    static let untouchedIssues: Int64 = 1000

    struct Comment: Sendable {
        let id: Int64
        let issue: Int64
        var body: String
        let createdAt: Timestamp
        var updatedAt: Timestamp
    }

    struct Issue: Sendable {
        let number: Int64
        let id: Int64
        var title: String
        var body: String?
        var author: String
        var labels: [String] = []
        var assignees: [String] = []
        var reviewers: [String] = []
        var teams: [String] = []
        var comments: [Int64] = []
        let createdAt: Timestamp
        var updatedAt: Timestamp
    }

    struct Repository: Sendable {
        var issues: [Int64: Issue] = [:]
        var comments: [Int64: Comment] = [:]
    }

    /// The state that one change or look sees.
    struct Contents: Sendable {
        /// The highest issue that there is.
        let lastIssue: Int64
        private var repositories: [String: Repository] = [:]
        private var lastID: Int64 = 1000
        private var now = Timestamp(seconds: 1_767_225_600)

        init(lastIssue: Int64) { self.lastIssue = lastIssue }

        /// The next identifier; time continues by a second with each.
        mutating func create() -> (id: Int64, at: Timestamp) {
            lastID += 1
            now = now + .seconds(1)
            return (lastID, now)
        }

        subscript(name: String) -> Repository {
            get { repositories[name] ?? Repository() }
            set { repositories[name] = newValue }
        }

        /// - Throws: `GitHubRefusal` for an issue that does not exist.
        func issue(_ number: Int64, of repository: String) throws(GitHubRefusal) -> Issue {
            if let issue = repositories[repository]?.issues[number] { return issue }
            guard number <= lastIssue else { throw .notFound }
            return Issue(
                number: number, id: number.addingSaturated(100_000), title: "Issue \(number)",
                body: "The text of issue \(number).", author: "octocat", createdAt: Timestamp(seconds: 1_767_139_200),
                updatedAt: Timestamp(seconds: 1_767_139_200))
        }

        mutating func put(_ issue: Issue, in repository: String) {
            repositories[repository, default: Repository()].issues[issue.number] = issue
        }
    }

    private let contents: Mutex<Contents>

    init(lastIssue: Int64 = GitHubState.untouchedIssues) { contents = Mutex(Contents(lastIssue: lastIssue)) }

    func change<Value: Sendable>(
        _ body: (inout Contents) throws(GitHubRefusal) -> Value
    ) throws(GitHubRefusal) -> Value {
        try contents.withLock { (contents) throws(GitHubRefusal) -> Value in try body(&contents) }
    }

    func reset() { contents.withLock { $0 = Contents(lastIssue: $0.lastIssue) } }
}

/// Why GitHub refuses a request.
struct GitHubRefusal: Error {
    let status: Int
    let message: String
    var errors: [JSONValue] = []

    static let notFound = GitHubRefusal(status: 404, message: "Not Found")

    /// 422 in the shape of a failed validation.
    static func invalid(_ resource: String, field: String, code: String = "missing_field") -> GitHubRefusal {
        let error: JSONValue = ["resource": .string(resource), "code": .string(code), "field": .string(field)]
        return GitHubRefusal(status: 422, message: "Validation Failed", errors: [error])
    }
}

/// A request to a repository, its parts available.
struct GitHubCall: Sendable {
    let repository: String
    let parameters: [String: String]
    let query: [(name: String, value: String)]
    let accept: String
    /// `http://127.0.0.1:PORT`: the links to other pages lead back here.
    let base: String
    let path: String
    let body: JSONValue

    func number() throws(GitHubRefusal) -> Int64 {
        guard let number = parameters["number"].flatMap({ Int64($0) }), number > 0 else { throw .notFound }
        return number
    }

    func queryNumber(_ name: String, default value: Int, limit: Int) -> Int {
        let text = query.first { $0.name == name }?.value
        return min(max(text.flatMap { Int($0) } ?? value, 1), limit)
    }

    /// The strings of a list in the body.
    func strings(_ name: String, of resource: String) throws(GitHubRefusal) -> [String]? {
        guard let value = body[name] else { return nil }
        guard let list = value.array else { throw .invalid(resource, field: name, code: "invalid") }
        let strings = list.compactMap(\.string)
        guard strings.count == list.count else { throw .invalid(resource, field: name, code: "invalid") }
        return strings
    }
}

/// GitHub's answer, and the change it made.
struct GitHubAnswer: Sendable {
    enum Body: Sendable {
        case json(JSONValue)
        case diff(String)
    }

    var status = 200
    var body: Body
    var link: String?
    var effect: JSONValue?

    init(_ value: JSONValue, status: Int = 200, effect: JSONValue? = nil) {
        self.status = status
        body = .json(value)
        self.effect = effect
    }

    init(diff: String) { body = .diff(diff) }
}
