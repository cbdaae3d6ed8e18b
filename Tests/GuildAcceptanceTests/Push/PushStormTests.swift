import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Push {
    struct PushStormTests {
        private static let pushes = 40

        /// Pushes on and on, fast, each commit whole in itself: agent and prompt carry the same number.
        private func storm(_ office: PushedCodex, from first: Int, count: Int) async throws -> [String] {
            var commits: [String] = []
            for generation in first..<first + count {
                let files = PushedCodex.prompt(generation).merging(
                    [
                        "agents/clerk.yaml": ClerkCodex.agent().replacingOccurrences(
                            of: "1.0.0", with: "\(generation).0.0")
                    ]
                ) { $1 }
                commits.append(try await office.commit(files))
                try await office.push()
            }
            return commits
        }

        @Test func `under a storm of pushes every event is decided once, each on one whole commit`() async throws {
            let standIn = try await StandInProcess.start()
            let office = try await PushedCodex.make(
                changing: ClerkCodex.files(model: standIn.baseURL, github: standIn.baseURL, changing: [:]))
            let first = try await office.codex.git("rev-parse", "HEAD")
            let served = try await office.serve()
            let pusher = Task { try await storm(office, from: 1, count: Self.pushes) }
            var events: [String] = []
            for number in 1...30 {
                let response = try await served.deliver(.issue(Int64(number)))
                events.append(try #require(response.json?["id"]?.string, "\(response.status)"))
            }
            let commits = try await pusher.value
            let last = try #require(commits.last)
            try await served.accepts(last)

            let known = Set([first] + commits)
            for event in events {
                let trace = try await office.codex.settledTrace(of: event)
                let invocations = trace["invocations"]?.array ?? []
                #expect(invocations.count == 1)
                let commit = try #require(invocations.first?["commit"]?.string)
                #expect(known.contains(commit))
                #expect(invocations.first?["state"] == "succeeded", "\(trace)")
            }
            #expect(!served.child.errors.contains("reload failed"), "\(served.child.errors)")
            #expect(try await served.stop() == .exited(0))
            #expect(try await office.codex.isAuditValid())
        }

        @Test func `serve killed in the middle of reloads starts on a whole commit`() async throws {
            let office = try await PushedCodex.make()
            let first = try await office.codex.git("rev-parse", "HEAD")
            let pusher = Task { try await storm(office, from: 1, count: Self.pushes) }
            for _ in 0..<4 {
                let served = try await office.serve()
                _ = try await served.child.errorLine(containing: "codex accepted")
                served.child.signal(SIGKILL)
                _ = try await served.child.wait()
            }
            let commits = try await pusher.value
            let served = try await office.serve()
            #expect(try await served.commit == commits.last)
            let accepted = try await office.codex.audit("codex.accepted").compactMap { $0["subject"]?.string }
            #expect(Set(accepted).isSubset(of: Set([first] + commits)))
            #expect(try await office.codex.audit("codex.refused").isEmpty)
            #expect(try await served.stop() == .exited(0))
            let refs = try await office.codex.git(
                "for-each-ref", "--format=%(refname)", "refs/guild/commits", in: office.bare)
            // Where a kill has left a lock, the ref goes once the lock is old.
            let pins = refs.split(separator: "\n").filter {
                !FileManager.default.fileExists(atPath: "\(office.bare)/\($0).lock")
            }
            #expect(pins.map { $0.split(separator: "/").last.map(String.init) } == [commits.last])
            #expect(try await office.codex.isAuditValid())
        }
    }
}
