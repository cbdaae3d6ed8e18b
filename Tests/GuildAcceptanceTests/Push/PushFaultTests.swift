import Foundation
import GuildDomain
import GuildLedger
import GuildTestSupport
import Testing

extension Push {
    /// Events come, commits come, and the process is killed in the middle of both.
    struct PushFaultTests {
        private static let rounds = 10
        private static let deliveriesPerRound = 24
        private static let killedRounds = [3, 7]

        @Test func `pushes, force-pushes, renames and kills lose no event and mix no two commits`() async throws {
            let folder = FileManager.default.temporaryDirectory
                .appendingPathComponent("guild-storm-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }  // What is left is only litter.
            let standIn = try await StandInSteering.start(in: folder)
            var site = try Site(in: folder)
            let codex = try await StormCodex.make(bare: site.codex, standIn: standIn.process.baseURL)
            let feed = Feed()

            try await site.start([.whole])
            let pusher = Pusher(codex)
            for round in 0..<Self.rounds {
                await pusher.wait(pushes: 3)
                if Self.killedRounds.contains(round) {
                    try await kill(&site, while: feed)
                } else {
                    await feed.send(Self.deliveriesPerRound, to: site.port)
                }
                try await lookAtRegistry(site, codex)
            }
            let pushes = try await pusher.stop()
            try await settle(&site, codex, feed)

            try await judge(StormVerdict(site: site, codex: codex, saidLog: standIn.logPath), feed)
            print("\(pushes) pushes, \(feed.receipts.count) events, \(feed.resent) sent again")
        }

        /// Kills it while deliveries arrive, and starts it again on whatever the head is then.
        private func kill(_ site: inout Site, while feed: Feed) async throws {
            let (port, before) = (site.port, feed.receipts.count)
            let feeding = Task { await feed.send(Self.deliveriesPerRound, to: port) }
            await feed.acknowledgements(Self.deliveriesPerRound / 3, since: before)
            try await site.kill([.whole])
            await feeding.value
            try await site.start([.whole])
        }

        /// An invalid head and a good one behind it, each seen; then all that is left to do is done.
        private func settle(_ site: inout Site, _ codex: StormCodex, _ feed: Feed) async throws {
            let bad = try #require(codex.generations.last { !$0.isValid })
            let good = try #require(codex.generations.first)
            let next = try #require(codex.generations.first { $0.isValid && $0.commit != good.commit })
            let serve = try #require(site.processes[.whole])
            // The last push may have left any of them there.
            for generation in [next, good] {
                try await codex.push(generation)
                while try await registry(site)?["commit"]?.string != generation.commit { try Task.checkCancellation() }
            }
            try await codex.push(bad)
            _ = try await serve.errorLine(
                containing: "codex refused; the last valid commit stays active commit=\(bad.commit)")
            await feed.send(Self.deliveriesPerRound, to: site.port)
            #expect(try await registry(site)?["commit"]?.string == good.commit)
            try await codex.push(next)
            while try await registry(site)?["commit"]?.string != next.commit { try Task.checkCancellation() }
            #expect(!serve.errors.contains("reload failed"), "\(serve.errors.suffix(2000))")
            try await site.terminate()
            try await site.drain()
        }

        private func registry(_ site: Site) async throws -> JSONValue? {
            try await talk(site.port) { try $0.request("GET", "/agents") }.json
        }

        /// What is served at any moment is of one commit.
        private func lookAtRegistry(_ site: Site, _ codex: StormCodex) async throws {
            for _ in 0..<5 {
                let shown = try #require(try await registry(site))
                let generation = codex.generations.first { $0.commit == shown["commit"]?.string }
                #expect(generation?.isValid == true, "\(shown)")
                let agent = shown["agents"]?.array?.first
                #expect(agent?["name"]?.string == generation?.agent)
                #expect(agent?["version"]?.string == generation.map { "\($0.number).0.0" })
            }
        }

        private func judge(_ verdict: StormVerdict, _ feed: Feed) async throws {
            #expect(feed.unanswered == 0)
            #expect(feed.problems.isEmpty, "\(feed.problems)")
            let problems = try await verdict.problems(of: feed.receipts)
            #expect(problems.isEmpty, "\(problems.prefix(10).joined(separator: "\n"))")
        }
    }
}
