import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// What commands show and change while HEAD, or no commit at all, can be read.
@Suite struct UnreadableHeadCommandTests {
    /// What makes HEAD unreadable; the accepted commit stays whole.
    enum Fault: String, CaseIterable, Sendable {
        case missingBranch, garbage, missingCommit, missingTree
    }

    /// A codex whose first commit is accepted, and whose HEAD cannot be read.
    private func codex(_ fault: Fault) async throws -> (codex: TemporaryCodex, accepted: String) {
        let codex = try await TemporaryCodex.clerk()
        #expect(try await codex.guild("registry", "trust", "--all").status == 0)
        #expect(try await codex.guild("serve", "--once", "executor").status == 0)
        let accepted = try await codex.git("rev-parse", "HEAD")
        switch fault {
        case .missingBranch: try await codex.git("symbolic-ref", "HEAD", "refs/heads/nowhere")
        case .garbage: try Data("garbage\n".utf8).write(to: URL(fileURLWithPath: codex.repository + "/.git/HEAD"))
        case .missingCommit, .missingTree:
            try codex.write(["prompts/more.md": "More."])
            try await codex.commit()
            try await remove(fault == .missingTree ? "HEAD^{tree}" : "HEAD", of: codex)
        }
        return (codex, accepted)
    }

    private func remove(_ object: String, of codex: TemporaryCodex) async throws {
        let name = try await codex.git("rev-parse", object)
        try FileManager.default.removeItem(
            atPath: "\(codex.repository)/.git/objects/\(name.prefix(2))/\(name.dropFirst(2))")
    }

    @Test(arguments: Fault.allCases)
    func `status shows the accepted commit and its agents, and why HEAD cannot be read`(fault: Fault) async throws {
        let made = try await codex(fault)
        let status = try await made.codex.json("status")
        #expect(status["codex"]?["unreadable"]?.string?.isEmpty == false)
        #expect(status["codex"]?["valid"] == false)
        #expect(status["codex"]?["running"]?["commit"]?.string == made.accepted)
        #expect(status["agents"]?.array?.map { $0["name"] } == ["clerk"])
        let text = try await made.codex.guild("status")
        #expect(text.status == 0, "\(text.errors)")
        #expect(text.output.contains("cannot be read"), "\(text.output)")
        if fault == .missingBranch {
            #expect(text.output.contains("HEAD names the branch 'nowhere', which does not exist"), "\(text.output)")
        }
        // A revision that is named explicitly is meant.
        #expect(try await made.codex.guild("status", "--rev", "nowhere").status == 2)
    }

    @Test(arguments: Fault.allCases)
    func `trust is listed, revoked and given on the accepted commit`(fault: Fault) async throws {
        let codex = try await codex(fault).codex
        let listed = try await codex.guild("registry", "trust")
        #expect(listed.status == 0, "\(listed.errors)")
        #expect(listed.errors.contains("so the accepted commit"), "\(listed.errors)")
        #expect(!listed.output.contains("not in the codex"), "\(listed.output)")
        for (options, state) in [(["--revoke"], "revoked"), ([], "trusted")] {
            let changed = try await codex.json(arguments: ["registry", "trust"] + options + ["env://MODEL_KEY"])
            #expect(changed.array?.map { $0["state"]?.string } == [state])
        }
    }

    @Test(arguments: [Fault.missingBranch, .missingTree])
    func `dispatch decides by the same commit with and without a dry run`(fault: Fault) async throws {
        let made = try await codex(fault)
        for option in [["--dry-run"], []] {
            let sent = try await made.codex.json(arguments: ["dispatch", "--type", "t"] + option)
            #expect(sent.array?.count == 1, "\(sent)")
        }
        let dry = try await made.codex.guild("dispatch", "--type", "t", "--dry-run")
        #expect(dry.errors.contains("so the accepted commit"), "\(dry.errors)")
        #expect(try await made.codex.guild("dispatch", "--type", "t", "--dry-run", "--rev", "nowhere").status == 2)
    }

    @Test func `with no commit that can be read, secrets are revoked and known agents paused by the ledger alone`()
        async throws
    {
        let codex = try await TemporaryCodex.clerk()
        #expect(try await codex.guild("registry", "trust", "--all").status == 0)
        #expect(try await codex.guild("serve", "--once", "executor").status == 0)
        #expect(try await codex.guild("registry", "pause", "clerk").status == 0)
        try await remove("HEAD^{tree}", of: codex)
        // An agent that the ledger does not know, and commands that need a codex, name both problems.
        for command in [
            ["registry", "pause", "nobody"], ["schedule", "pause", "clerk"], ["dispatch", "--type", "t"],
            ["registry", "trust", "--all"],
        ] {
            let refused = try await codex.finished(command)
            expectRefusal(refused, 6, "damaged", "which the ledger says is accepted", "instead of HEAD")
        }
        let resumed = try await codex.guild("registry", "resume", "Clerk")
        #expect(resumed.output.contains("clerk is resumed"), "\(resumed.errors)")
        #expect(resumed.errors.contains("guild has no codex: the ledger knows the agent clerk"), "\(resumed.errors)")
        let revoked = try await codex.json("registry", "trust", "--revoke", "env://MODEL_KEY")
        #expect(revoked.array?.map { $0["state"]?.string } == ["revoked"])
        #expect(revoked.array?.allSatisfy { $0["in_use"]?.isNull == true } == true)
        #expect(try await codex.guild("status").status == 0)
    }
}

extension TemporaryCodex {
    fileprivate func finished(_ arguments: [String]) async throws -> ChildProcess.Finished {
        try await ChildProcess.run(
            try BuiltProducts.path(of: "guild"), arguments, environment: environment, directory: repository)
    }

    fileprivate func json(arguments: [String]) async throws -> JSONValue {
        let finished = try await finished(arguments + ["-o", "json"])
        #expect(finished.status == 0, "\(arguments): \(finished.errors)")
        return try JSONParser.parse(finished.output)
    }
}
