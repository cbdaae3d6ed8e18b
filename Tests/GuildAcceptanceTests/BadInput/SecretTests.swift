import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension BadInput {
    /// Secrets are resolved when they are used, and stand nowhere afterwards: in no output, no log, no file.
    struct SecretTests {
        private static let secrets = [TemporaryCodex.modelKey, TemporaryCodex.token, TemporaryCodex.webhookSecret]

        /// A GitHub that quotes the credentials it was sent, as badly configured gateways do.
        private static func indiscreetGitHub() throws -> RawServer {
            try RawServer { request in
                let sent = request.headers["authorization"] ?? ""
                let body: JSONValue = ["message": .string("Bad credentials: \(sent)")]
                return RawServer.respond(
                    status: 403, headers: ["content-type": "application/json"], body: body.bytes())
            }
        }

        /// A model that does the same.
        private static func indiscreetModel() throws -> RawServer {
            try RawServer { request in
                let body: JSONValue = [
                    "type": "error",
                    "error": [
                        "type": "permission_error", "message": .string("no: \(request.headers["x-api-key"] ?? "")"),
                    ],
                ]
                return RawServer.respond(
                    status: 403, headers: ["content-type": "application/json"], body: body.bytes())
            }
        }

        @Test func `appear in no output, no log and no file`() async throws {
            let standIn = try await StandInProcess.start()
            let (github, stranger) = (try Self.indiscreetGitHub(), try Self.indiscreetModel())
            let codex = try await TemporaryCodex.clerk(model: standIn.baseURL, github: github.url(""))
            var texts: [String] = []

            let served = try await codex.serve("--log-level", "trace", "--stream")
            let response = try await served.deliver(.issue())
            let event = try #require(response.json?["id"]?.string)
            var forged = WebhookDelivery.issue(8)
            forged.secret = "guessed"
            texts += [response.text, try await served.deliver(forged).text]
            let trace = try await codex.settledTrace(of: event)
            #expect(trace.value(at: ["invocations", "0", "actions", "0", "state"]) == "failed")
            #expect(trace.text().contains("••••"))
            #expect(try await served.stop() == .exited(0))
            texts += [served.child.output, served.child.errors, trace.text()]

            try codex.write(["providers/models.yaml": ClerkCodex.models(at: stranger.url(""))])
            try await codex.commit()
            // Models are those of the accepted head, and only `serve` accepts another once it has served.
            #expect(try await codex.guild("serve", "--once").status == 0)
            for command in [
                ["run", "clerk", "hello", "--log-level", "trace"], ["run", "clerk", "--dry-run"], ["audit", "log"],
                ["audit", "log", "-o", "json"], ["registry", "connectors"], ["registry", "show", "clerk"], ["status"],
            ] {
                let finished = try await ChildProcess.run(
                    try BuiltProducts.path(of: "guild"), command, environment: codex.environment,
                    directory: codex.repository)
                texts += [finished.output, finished.errors]
            }
            // Both were asked, with the credentials.
            #expect(github.requests.contains { $0.headers["authorization"] == "Bearer \(TemporaryCodex.token)" })
            #expect(stranger.requests.contains { $0.headers["x-api-key"] == TemporaryCodex.modelKey })

            for secret in Self.secrets {
                for text in texts { #expect(!text.contains(secret), "\(secret) in: \(text)") }
            }
            #expect(try Self.filesWithSecrets(below: codex.folder) == [])
        }

        /// Every file of ledger, state and repository, the write-ahead log among them.
        private static func filesWithSecrets(below folder: String) throws -> [String] {
            let walk = try #require(FileManager.default.enumerator(atPath: folder))
            var (found, looked): ([String], Int) = ([], 0)
            for case let path as String in walk {
                var isFolder: ObjCBool = false
                let whole = folder + "/" + path
                guard FileManager.default.fileExists(atPath: whole, isDirectory: &isFolder), !isFolder.boolValue else {
                    continue
                }
                looked += 1
                let data = try Data(contentsOf: URL(fileURLWithPath: whole))
                if secrets.contains(where: { data.range(of: Data($0.utf8)) != nil }) { found.append(path) }
            }
            #expect(looked > 10)
            return found
        }
    }
}
