import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// `guild schedule`, as a person uses it.
@Suite struct ScheduleCommandTests {
    private static let triggers = """
          triggers:
            - { type: cron, name: round, schedule: "0 9 * * *", timezone: Europe/London, intent: ROUND }
            - { type: cron, name: digest, schedule: "30 8 * * *", perPerson: true, jitter: 5m, overlap: buffer_one }
        """
    private static let chapter = """
        apiVersion: guild/v1
        kind: Chapter
        metadata: { name: office }
        spec:
          master: clerk
          members: [{ id: ada, timezone: America/New_York }, { id: kim, timezone: Asia/Tokyo }]

        """

    private func codex() async throws -> TemporaryCodex {
        let agent = ClerkCodex.agent().replacingOccurrences(
            of: """
                  triggers:
                    - { type: webhook, source: github, events: [issues.opened] }
                    - { type: manual }
                """, with: Self.triggers)
        return try await TemporaryCodex.clerk(changing: [
            "agents/clerk.yaml": agent, "chapters/office.yaml": Self.chapter,
        ])
    }

    @Test func `schedules are listed, person by person, without a warning`() async throws {
        let codex = try await codex()
        let listed = try await codex.json("schedule", "list").array ?? []
        #expect(listed.map { $0["id"] } == ["clerk/round", "clerk/digest@ada", "clerk/digest@kim"])
        #expect(listed.map { $0["timezone"] } == ["Europe/London", "America/New_York", "Asia/Tokyo"])
        #expect(listed.map { $0["jitter"] } == ["0ms", "5m", "5m"])
        let validated = try await codex.guild("registry", "validate")
        #expect(!validated.errors.contains("no effect in this version"))
        #expect(!validated.output.contains("no effect in this version"))
    }

    @Test func `a person pauses, sees it, and resumes`() async throws {
        let codex = try await codex()
        let paused = try await codex.guild("schedule", "pause", "clerk/round", "--for", "2h", "--reason", "freeze")
        #expect(paused.status == 0, "\(paused.errors)")
        #expect(paused.output.contains("paused clerk/round"))
        let listed = try await codex.json("schedule", "list").array ?? []
        #expect(listed.map { $0["paused_until"]?.isNull } == [false, true, true])
        let resumed = try await codex.guild("schedule", "resume", "Clerk/Round")
        #expect(resumed.output.contains("resumed clerk/round"))
        let again = try await codex.guild("schedule", "resume", "clerk/round")
        #expect(again.status == 0)
        #expect(again.output.contains("was not paused: clerk/round"))
        #expect(
            try await codex.audit("operator.command").map { $0["body"]?["command"] }
                == ["schedule pause", "schedule resume"])
    }

    @Test func `what is in force is paused, resumed and shown while HEAD is invalid`() async throws {
        let codex = try await codex()
        #expect(try await codex.guild("serve", "--once", "executor").status == 0)
        try codex.write(["agents/clerk.yaml": "nonsense"])
        try await codex.commit()
        for command in [
            ["schedule", "pause", "clerk/round"], ["schedule", "list"], ["schedule", "preview"], ["schedule", "next"],
            ["schedule", "missed"], ["schedule", "resume", "clerk"], ["schedule", "trigger", "clerk/round"],
            ["registry", "pause", "clerk"], ["registry", "list"], ["registry", "show", "clerk"],
            ["registry", "health"],
            ["registry", "resume", "clerk"], ["budget", "throttle", "organization", "50%", "--reason", "slow down"],
            ["dispatch", "--type", "t"],
        ] {
            let finished = try await ChildProcess.run(
                try BuiltProducts.path(of: "guild"), command, environment: codex.environment,
                directory: codex.repository)
            #expect(finished.status == 0, "\(command): \(finished.errors)")
            guard command[0] != "budget" else { continue }
            #expect(finished.errors.contains("HEAD is invalid"), "\(command): \(finished.errors)")
            #expect(finished.errors.contains("so the accepted commit"), "\(command): \(finished.errors)")
        }
        // The agents that run are shown, and a run of the commit that is checked out is refused.
        #expect(try await codex.json("status")["agents"]?.array?.map { $0["name"] } == ["clerk"])
        #expect(try await codex.guild("run", "clerk").status == 3)
    }

    @Test func `an agent is resumed with schedules that were paused singly, and what still holds one is named`()
        async throws
    {
        let codex = try await codex()
        for schedule in ["clerk/round", "clerk/digest@ada", "clerk"] {
            #expect(try await codex.guild("schedule", "pause", schedule).status == 0)
        }
        let one = try await codex.guild("schedule", "resume", "clerk/round")
        #expect(one.output.contains("resumed clerk/round"))
        #expect(one.output.contains("clerk/round stays paused: clerk is paused until"), "\(one.output)")
        #expect(one.output.contains("guild schedule resume clerk"))
        #expect(try await codex.guild("registry", "pause", "clerk").status == 0)
        let all = try await codex.guild("schedule", "resume", "clerk")
        #expect(all.output.contains("resumed clerk, clerk/digest@ada"), "\(all.output)")
        #expect(!all.output.contains("stays paused"))
        #expect(all.output.contains("guild registry resume clerk"), "\(all.output)")
        let listed = try await codex.json("schedule", "list").array ?? []
        #expect(listed.allSatisfy { $0["paused_until"]?.isNull == true })
        #expect(listed.allSatisfy { $0["next"]?.isNull == true })
        let table = try await codex.guild("schedule", "list")
        #expect(table.output.contains("guild registry resume clerk"), "\(table.output)")
    }

    @Test func `a pause of the agent is named by preview and trigger, and ends as any other`() async throws {
        let codex = try await codex()
        #expect(try await codex.guild("registry", "pause", "clerk", "--for", "30d").status == 0)
        let preview = try await codex.json("schedule", "preview", "clerk/round")
        #expect(preview["runs"] == 0)
        let rows = preview["schedules"]?.array ?? []
        #expect(rows.map { $0.value(at: ["pauses"])?.array?.first?["resume"] } == ["guild registry resume clerk"])
        let text = try await codex.guild("schedule", "preview", "clerk/round")
        #expect(text.output.contains("guild registry resume clerk"), "\(text.output)")
        let fired = try await codex.guild("schedule", "trigger", "clerk/round")
        #expect(fired.status == 0, "\(fired.errors)")
        #expect(fired.output.contains("so nothing runs: guild registry resume clerk"), "\(fired.output)")
        #expect(try await codex.guild("registry", "resume", "clerk").status == 0)
        let after = try await codex.guild("schedule", "trigger", "clerk/round")
        #expect(!after.output.contains("registry resume"), "\(after.output)")
    }

    @Test func `documents of a resumption say what was resumed, and what still holds it`() async throws {
        let codex = try await codex()
        for schedule in ["clerk/round", "clerk"] {
            #expect(try await codex.guild("schedule", "pause", schedule).status == 0)
        }
        #expect(try await codex.guild("registry", "pause", "clerk").status == 0)
        func outcomes(_ schedule: String) async throws -> [String] {
            try await codex.json("schedule", "resume", schedule).array?.map { row in
                [row["target"], row["outcome"], row["hold"]?["resume"]].compactMap { $0?.string }
                    .joined(separator: ", ")
            } ?? []
        }
        let agent = "clerk, still paused, guild registry resume clerk"
        #expect(
            try await outcomes("clerk/round")
                == [
                    "clerk/round, resumed", "clerk, still paused, guild schedule resume clerk", agent,
                ])
        #expect(try await outcomes("clerk") == ["clerk, resumed", agent])
        #expect(try await outcomes("clerk") == [agent])
        #expect(try await codex.guild("registry", "resume", "clerk").status == 0)
        #expect(try await outcomes("clerk") == ["clerk, not paused"])
        let csv = try await codex.guild("schedule", "resume", "clerk", "-o", "csv")
        #expect(csv.output.contains("clerk,not paused"), "\(csv.output)")
    }

    @Test func `a trigger fires now, and the agent's own decision follows`() async throws {
        let codex = try await codex()
        let fired = try await codex.json("schedule", "trigger", "clerk/digest").array ?? []
        #expect(fired.map { $0["schedule"] } == ["clerk/digest@ada", "clerk/digest@kim"])
        _ = try await codex.guild("serve", "--once", "dispatcher")
        let event = try #require(fired.first?["event"]?.string)
        let trace = try await codex.json("audit", "show", event)
        #expect(trace["decisions"]?.array?.map { $0["agent"] } == ["clerk"])
        let both = try await codex.guild("schedule", "trigger", "clerk")
        #expect(both.status == 2)
        #expect(both.errors.contains("clerk has 2 schedules"))
        #expect(both.errors.contains("clerk/digest, clerk/round"))
    }

    @Test func `the past is previewed, fired once and not again`() async throws {
        let codex = try await codex()
        let preview = try await codex.json("schedule", "backfill", "clerk/round", "--from", "73h", "--dry-run")
        #expect(preview["runs"] == 3 || preview["runs"] == 4)
        #expect(preview["tokens_per_run"] == 16_000)
        let fired = try await codex.json("schedule", "backfill", "clerk/round", "--from", "73h").array ?? []
        #expect(.integer(Int64(fired.count)) == preview["runs"])
        #expect(try await codex.json("schedule", "backfill", "clerk/round", "--from", "72h") == [])
        let ahead = try await codex.guild(
            "schedule", "backfill", "clerk/round", "--from", "1h", "--to", "2100-01-01T00:00:00Z")
        #expect(ahead.status == 2)
        #expect(ahead.errors.contains("is not a span in the past"))
    }

    @Test func `what is to come is forecast with its tokens`() async throws {
        let codex = try await codex()
        let preview = try await codex.json(
            "schedule", "preview", "--from", "2026-03-28T00:00:00Z", "--to", "2026-03-30T23:59:59Z")
        #expect(preview["runs"] == 9)
        #expect(preview["tokens"] == 144_000)
        let rows = preview["schedules"]?.array ?? []
        #expect(rows.map { $0["schedule"] } == ["clerk/digest", "clerk/round"])
        #expect(rows.map { $0["runs"] } == [6, 3])
        #expect(rows.last?["first"] == "2026-03-28T09:00:00Z")
        #expect(rows.last?["last"] == "2026-03-30T08:00:00Z")
        let wrong = try await codex.guild("schedule", "preview", "--from", "2026-03-28", "--to", "2026-03-27")
        #expect(wrong.status == 2)
    }

    @Test func `nothing is missed where nobody has looked, and wrong words are named`() async throws {
        let codex = try await codex()
        #expect(try await codex.json("schedule", "missed") == [])
        _ = try await codex.guild("serve", "--once", "scheduler")
        #expect(try await codex.json("schedule", "missed", "clerk") == [])
        for (verb, schedule, option, value, text) in [
            ("pause", "nobody", "--for", "1h", "there is no agent 'nobody'"),
            ("pause", "clerk/rund", "--for", "1h", "did you mean 'clerk/round'?"),
            ("pause", "clerk", "--for", "soon", "--for 'soon' is not a duration"),
            ("missed", "clerk", "--since", "then", "--since 'then' is not a time"),
        ] {
            let finished = try await codex.guild("schedule", verb, schedule, option, value)
            #expect(finished.status == 2)
            #expect(finished.errors.contains(text), "\(finished.errors)")
        }
    }
}
