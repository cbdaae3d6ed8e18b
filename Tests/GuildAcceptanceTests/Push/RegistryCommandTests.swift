import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Push {
    struct RegistryCommandTests {
        private static let scout = ClerkCodex.agent("scout", more: "  capabilities: [TRIAGE]")
            .replacingOccurrences(of: "{ name: scout }", with: "{ name: scout, labels: { tier: low } }")
            .replacingOccurrences(of: "type: Clerk", with: "type: Scout")

        private func names(_ codex: TemporaryCodex, _ filters: String...) async throws -> [String] {
            let finished = try await ChildProcess.run(
                try BuiltProducts.path(of: "guild"), ["registry", "list", "-o", "json"] + filters,
                environment: codex.environment, directory: codex.repository)
            #expect(finished.status == 0, "\(finished.errors)")
            return try JSONParser.parse(finished.output).array?.compactMap { $0["name"]?.string } ?? []
        }

        @Test func `agents are listed by type, capability, status and label, before anything has run`() async throws {
            let codex = try await TemporaryCodex.clerk(changing: ["agents/scout.yaml": Self.scout])
            #expect(try await names(codex) == ["clerk", "scout"])
            #expect(try await names(codex, "--type", "SCOUT") == ["scout"])
            #expect(try await names(codex, "--capability", "triage") == ["scout"])
            #expect(try await names(codex, "--label", "tier=low") == ["scout"])
            #expect(try await names(codex, "--label", "tier") == ["scout"])
            #expect(try await names(codex, "--label", "tier=high").isEmpty)
            #expect(try await names(codex, "--status", "dormant") == ["clerk", "scout"])
            #expect(try await codex.guild("registry", "list", "--status", "busy").status == 2)
            let none = try await codex.guild("registry", "list", "--type", "nobody")
            #expect(none.status == 0)
            #expect(none.output.contains("none of the 2 agents matches"))
        }

        @Test func `connectors are listed with what they can do, and never with a secret`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let connector = try #require(try await codex.json("registry", "connectors").array?.first)
            #expect(connector["system"] == "github")
            #expect(connector["operations"]?.array?.contains("github.create_issue_comment") == true)
            let text = try await codex.guild("registry", "connectors")
            #expect(text.status == 0)
            #expect(text.output.contains("github"))
            #expect(!(text.output + connector.text()).contains(TemporaryCodex.token))
        }

        @Test(arguments: ["show", "history", "pause", "resume", "health"])
        func `an agent that is not there is wrong usage, and those that are there are named`(
            command: String
        ) async throws {
            let codex = try await TemporaryCodex.clerk()
            let finished = try await codex.guild("registry", command, "clark")
            #expect(finished.status == 2)
            #expect(finished.errors.contains("clerk"), "\(finished.errors)")
            #expect(finished.output.isEmpty)
        }

        @Test func `three failures in a row degrade an agent, and its health says so`() async throws {
            let codex = try await TemporaryCodex.clerk()
            for _ in 0..<3 { #expect(try await codex.guild("run", "clerk", "Hello").status != 0) }
            let health = try #require(try await codex.json("registry", "health", "CLERK").array?.first)
            #expect(health["status"] == "degraded")
            #expect(health["ended"] == 3)
            #expect(health["failed"] == 3)
            #expect(health["error_rate"] == 1)
            #expect(health["consecutive_failures"] == 3)
            #expect(health["last_started"]?.string?.hasSuffix("Z") == true)
            #expect(try await names(codex, "--status", "degraded") == ["clerk"])
            #expect(try await codex.json("registry", "show", "clerk")["status"] == "degraded")
        }

        @Test func `a paused agent is called by nobody, until it is resumed, and the audit names who did it`()
            async throws
        {
            let standIn = try await StandInProcess.start()
            let codex = try await TemporaryCodex.clerk(
                model: standIn.baseURL, github: standIn.baseURL, changing: ["agents/scout.yaml": Self.scout])
            let paused = try await codex.json("registry", "pause", "Clerk", "--reason", "too loud", "--for", "4h")
            #expect(paused["paused"] == true)
            #expect(paused.value(at: ["pause", "reason"])?.string == "too loud")
            let text = try await codex.guild("registry", "show", "clerk")
            #expect(text.output.contains("too loud"), "\(text.output)")

            let served = try await codex.serve()
            func agentsCalled(_ number: Int64) async throws -> [String: String] {
                let response = try await served.deliver(.issue(number))
                let event = try #require(response.json?["id"]?.string)
                let trace = try await codex.settledTrace(of: event)
                return Dictionary(
                    (trace["decisions"]?.array ?? []).map {
                        ($0["agent"]?.string ?? "", $0["outcome"]?.string ?? "")
                    }, uniquingKeysWith: { first, _ in first })
            }
            #expect(try await agentsCalled(1) == ["clerk": "paused", "scout": "dispatched"])
            #expect(try await names(codex, "--status", "paused") == ["clerk"])
            #expect(try await codex.json("registry", "resume", "clerk")["was_paused"] == true)
            #expect(try await codex.json("registry", "resume", "clerk")["was_paused"] == false)
            #expect(try await agentsCalled(2) == ["clerk": "dispatched", "scout": "dispatched"])
            #expect(try await served.stop() == .exited(0))

            // A resume of an agent that was not paused is no command that did anything.
            let commands = try await codex.audit("operator.command").filter { $0["subject"] == "clerk" }
            #expect(
                commands.compactMap { $0.value(at: ["body", "command"])?.string } == [
                    "registry pause", "registry resume",
                ])
            #expect(commands.allSatisfy { $0["actor"]?.string?.hasPrefix("user:") == true })
            for wrong in ["soon", "0s", "99999999999999999999d"] {
                let refused = try await codex.guild("registry", "pause", "clerk", "--for", wrong)
                #expect(refused.status == 2, "\(wrong): \(refused.errors)")
            }
            #expect(try await codex.isAuditValid())
        }

        @Test(arguments: [
            ("clerk >= 1", 0, ""), ("clerk ^1.0", 0, ""), ("clerk >=0.9 <2", 0, ""),
            ("clerk ~1.1", 3, "clerk is at 1.0.0, expected clerk ~1.1"),
            ("clerk >= 1 <1", 3, "clerk is at 1.0.0"), ("clark", 3, "did you mean 'clerk'?"),
            ("clerk >> 1", 3, "is not a version"), ("scout", 3, "a circle: scout requires scout"),
        ])
        func `what an agent requires must be there in a version that fits`(
            requirement: String, status: Int32, reason: String
        ) async throws {
            let more = "  dependencies: { requires: [\"\(requirement)\"] }"
            let codex = try await TemporaryCodex.clerk(changing: [
                "agents/scout.yaml": ClerkCodex.agent("scout", more: more)
            ])
            let finished = try await codex.guild("registry", "validate")
            #expect(finished.status == status, "\(finished.output)")
            #expect(reason.isEmpty || finished.output.contains(reason), "\(finished.output)")
            let problems = try await codex.guild("registry", "validate", "-o", "json")
            #expect(problems.status == status)
            let errors = try JSONParser.parse(problems.output).array?.filter { $0["severity"] == "error" } ?? []
            #expect(errors.map { $0["file"]?.string } == (status == 0 ? [] : ["agents/scout.yaml"]))
        }
    }
}
