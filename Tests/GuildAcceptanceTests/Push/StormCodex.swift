import Foundation
import GuildDomain
import GuildTestSupport

/// The commits of a storm of pushes, made beforehand, so that nothing but pushing takes time while it blows.
///
/// In each commit the prompt's file and the manifest carry the same number, and the prompt shows both: what a model was
/// told says which commits its parts came from. Some commits rename the agent or change its trigger, some are invalid,
/// some are on a line of their own, so that pushing them is a force-push.
struct StormCodex: Sendable {
    struct Generation: Sendable {
        let commit: String
        let number: Int
        let agent: String
        let isValid: Bool

        /// What the model is told where every part is of this commit.
        var saying: String { "\(StormCodex.mark)\(number) manifest-\(number) \(agent)" }
    }

    /// Where the numbers begin in what the model is told.
    static let mark = "prompt-"
    static let count = 36

    private let clone: TemporaryCodex
    private let bare: String
    let generations: [Generation]

    /// - Parameter bare: an empty folder, which becomes the repository that is served.
    static func make(bare: String, standIn baseURL: String) async throws -> StormCodex {
        let clone = try await TemporaryCodex.clerk(
            model: baseURL, github: baseURL, changing: files(0).merging(quiet) { $1 }.mapValues { $0 })
        try await clone.git("clone", "--quiet", "--bare", clone.repository, bare)
        try await clone.git("remote", "add", "origin", bare)
        var generations = [try await generation(0, in: clone)]
        for number in 1...count {
            // Two commits fewer: whoever pushes this one takes others away.
            if number % 6 == 0 { try await clone.git("reset", "--quiet", "--hard", "HEAD~2") }
            try clone.write(files(number))
            try await clone.commit()
            generations.append(try await generation(number, in: clone))
        }
        return StormCodex(clone: clone, bare: bare, generations: generations)
    }

    /// Makes the commit the served one.
    func push(_ generation: Generation) async throws {
        try await clone.git("push", "--quiet", "--force", "origin", "\(generation.commit):refs/heads/main")
    }

    private static func generation(_ number: Int, in clone: TemporaryCodex) async throws -> Generation {
        Generation(
            commit: try await clone.git("rev-parse", "HEAD"), number: number, agent: agent(number),
            isValid: number % 6 != 1)
    }

    private static func agent(_ number: Int) -> String { number % 4 < 2 ? "clerk" : "scribe" }

    private static func files(_ number: Int) -> [String: String] {
        // Once with a misspelt key, once without the prompt that the manifest names.
        let mistake = number % 6 == 1 ? (number % 12 == 1 ? "  promt: x" : "") : ""
        let isHalf = number % 6 == 1 && mistake.isEmpty
        let more = """
              description: manifest-\(number)
              resources: { tokenBudget: { perInvocation: 10M }, maxActiveDuration: 12h, maxConcurrent: 16 }
            \(mistake)
            """
        let events = number % 3 == 0 ? "[\"issues.*\"]" : "[issues.opened]"
        let manifest = ClerkCodex.agent(agent(number), more: more)
            .replacingOccurrences(of: "version: \"1.0.0\"", with: "version: \"\(number).0.0\"")
            .replacingOccurrences(of: "events: [issues.opened]", with: "events: \(events)")
            .replacingOccurrences(of: "github.*", with: "github.create_issue_comment")
            .replacingOccurrences(of: "prompts/clerk.md", with: isHalf ? "prompts/lost.md" : "prompts/clerk.md")
        return [
            "agents/clerk.yaml": manifest,
            "prompts/clerk.md":
                "You are \(mark)\(number) {{agent.description}} {{agent.name}}. Comment on the issue.\n",
        ]
    }

    /// Time, money and retries must not end an invocation: each has to reach its own end.
    private static let quiet = [
        "guild.yaml": """
        apiVersion: guild/v1
        kind: Guild
        metadata: { name: storm }
        spec: { defaults: { actionWait: 1h, actions: { perHour: 10000, perSubjectPerDay: 10000 } } }

        """
    ]
}

/// Pushes one commit after the other, around and around, until it is told to stop.
final class Pusher: Sendable {
    /// Pushes after which it stops by itself.
    private static let limit = 2000

    private let task: Task<Int, any Error>
    private let done: AsyncStream<Void>

    init(_ codex: StormCodex) {
        let (done, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.done = done
        task = Task {
            defer { continuation.finish() }
            var pushes = 0
            while pushes < Self.limit, !Task.isCancelled {
                pushes += 1
                try await codex.push(codex.generations[pushes % codex.generations.count])
                continuation.yield()
            }
            return pushes
        }
    }

    /// Returns after about so many more pushes.
    func wait(pushes: Int) async {
        var iterator = done.makeAsyncIterator()
        for _ in 0..<pushes where await iterator.next() == nil { return }
    }

    /// - Returns: how many pushes there were.
    func stop() async throws -> Int {
        task.cancel()
        return try await task.value
    }
}
