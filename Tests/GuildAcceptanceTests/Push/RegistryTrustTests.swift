import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension BadInput {
    /// `guild registry trust`, and what is said where a secret is not trusted, with the built binary.
    struct RegistryTrustTests {
        private static let alone: [String: String?] = ["GUILD_TRUST_CODEX": nil]

        private func guild(_ codex: TemporaryCodex, _ arguments: String...) async throws
            -> ChildProcess.Finished
        {
            try await ChildProcess.run(
                try BuiltProducts.path(of: "guild"), arguments, environment: codex.variables(Self.alone),
                directory: codex.repository)
        }

        private func states(_ codex: TemporaryCodex) async throws -> [String: String] {
            let listed = try JSONParser.parse(
                try await guild(codex, "registry", "trust", "-o", "json").output)
            let pairs = (listed.array ?? []).map {
                ($0["reference"]?.string ?? "", $0["state"]?.string ?? "")
            }
            return Dictionary(pairs) { first, second in first == second ? first : "both" }
        }

        @Test
        func `a run that nobody attends ends before it begins, and goes on after an operator's word`()
            async throws
        {
            let codex = try await TemporaryCodex.clerk()
            expectRefusal(
                try await guild(codex, "run", "clerk", "hello"), 5, "env://MODEL_KEY", "not trusted",
                "guild registry trust", "--trust-codex")
            #expect(try await states(codex)["env://MODEL_KEY"] == "waiting")
            let status = try await guild(codex, "status")
            #expect(
                status.output.contains("not trusted, so not used: env://MODEL_KEY"), "\(status.output)")
            let valid = try await guild(codex, "registry", "validate")
            #expect(valid.status == 0)
            #expect(valid.errors.contains("env://MODEL_KEY"), "\(valid.errors)")
            let health = try await guild(codex, "registry", "health")
            #expect(health.errors.contains("guild registry trust"), "\(health.errors)")
            expectRefusal(try await guild(codex, "registry", "trust", "env://NOBODY"), 2, "env://NOBODY")
            expectRefusal(try await guild(codex, "registry", "trust", "--revoke"), 2, "name the pairs to revoke")
            #expect(try await guild(codex, "registry", "trust", "--all").status == 0)
            #expect(Set(try await states(codex).values) == ["trusted"])
            let run = try await guild(codex, "run", "clerk", "hello")
            #expect(!run.errors.contains("not trusted"), "\(run.errors)")
            #expect(
                try await guild(codex, "registry", "trust", "--revoke", "env://MODEL_KEY").status == 0)
            #expect(try await guild(codex, "run", "clerk", "hello").status == 5)
            let entries = try await codex.audit("trust.changed")
            #expect(entries.map { $0["subject"] } == ["secrets trusted", "secrets revoked"])
            #expect(entries.allSatisfy { $0["actor"]?.string?.hasPrefix("user:") == true })
        }

        @Test func `a name that is no secret begins no ledger`() async throws {
            let codex = try await TemporaryCodex.clerk()
            expectRefusal(try await guild(codex, "registry", "trust", "env://NOBODY"), 2, "env://NOBODY")
            #expect(!FileManager.default.fileExists(atPath: codex.ledger))
            #expect(try await guild(codex, "registry", "trust", "--all").status == 0)
            #expect(FileManager.default.fileExists(atPath: codex.ledger))
        }

        @Test
        func `the first head that is served is trusted, and a push that sends a key elsewhere is not`()
            async throws
        {
            let codex = try await TemporaryCodex.clerk()
            let served = try await codex.serve(arguments: [], overriding: Self.alone)
            #expect(Set(try await states(codex).values) == ["trusted"])
            try codex.write(
                ClerkCodex.files(
                    model: "http://127.0.0.1:19", github: TemporaryCodex.nowhere, changing: [:]))
            try await codex.commit()
            _ = try await served.child.errorLine(containing: "an operator must trust them first")
            _ = try await served.child.errorLine(containing: "codex accepted")
            let ready = try JSONParser.parse(try await served.get("/readyz").text)
            #expect(ready["codex"]?["secrets"]?["waiting"] == 1, "\(ready)")
            #expect(try await served.stop() == .exited(0))
            let plan = try await guild(codex, "registry", "plan", "HEAD~1", "HEAD")
            #expect(plan.output.contains("[more]"), "\(plan.output)")
        }

        @Test
        func
            `a codex that sends a key by plain http, or anything to the metadata of a host, is invalid`()
            async throws
        {
            for (address, reason) in [
                ("http://models.example", "plain http"), ("http://169.254.169.254/v1", "link-local"),
            ] {
                let codex = try await TemporaryCodex.clerk(model: address)
                let validation = try await guild(codex, "registry", "validate")
                #expect(validation.status == 3)
                for word in [reason, "providers/models.yaml", "network: { allow:"] {
                    #expect(validation.output.contains(word), "\(validation.output)")
                }
            }
        }
    }
}
