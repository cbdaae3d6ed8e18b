import Foundation
import GuildDomain
import GuildTestSupport
import Testing

/// Schemathesis (PyPI), installed once a run into a virtual environment that is removed at its end.
enum Schemathesis {
    /// Its program; nil where Python or the package cannot be had, as on a machine without a network.
    static func program() async -> String? { await installation.value }

    private static let version = "4.32.5"
    private static let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
        "guild-schemathesis-\(ProcessInfo.processInfo.processIdentifier)"
    ).path

    private static let installation = Task { () -> String? in
        // A folder left behind is only litter in the temporary folder.
        atexit { try? FileManager.default.removeItem(atPath: Schemathesis.folder) }
        do {
            let made = try await ChildProcess.run("/usr/bin/env", ["python3", "-m", "venv", folder])
            guard made.status == 0 else { return complain(made.errors + made.output) }
            let arguments = [
                "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "schemathesis==\(version)",
            ]
            let installed = try await ChildProcess.run("\(folder)/bin/python", arguments, limit: .seconds(300))
            guard installed.status == 0 else { return complain(installed.errors) }
            return "\(folder)/bin/schemathesis"
        } catch {
            return complain("\(error)")
        }
    }

    private static func complain(_ text: String) -> String? {
        print("schemathesis is not at hand: \(text.suffix(500))")
        return nil
    }
}

/// The description of the HTTP API against the server that gives it.
@Suite(
    .enabled("schemathesis can be installed") { await Schemathesis.program() != nil }, .serialized,
    .timeLimit(.minutes(10)))
struct APIFuzzTests {
    private static let token = "api-token-0f3a9b7c5d21"
    /// Of each operation, in each phase.
    private static let examples = "40"
    private static let seed = "20261122"

    private func codex() async throws -> TemporaryCodex {
        try await TemporaryCodex.clerk(changing: [
            "guild.yaml": ClerkCodex.guild() + """
                  api:
                    tokens:
                      - { name: fuzzer, secret_ref: "env://API_TOKEN", scopes: ["agents:read", "agents:write"] }

                """,
            "agents/archivist.yaml": ClerkCodex.agent("archivist", more: "  capabilities: [FILING]\n"),
        ])
    }

    /// With and without a token: what needs one must refuse as it says.
    @Test(arguments: [true, false])
    func `the server does what its OpenAPI document says, whatever it is sent`(hasToken: Bool) async throws {
        let program = try #require(await Schemathesis.program())
        let codex = try await codex()
        let served = try await codex.serve(overriding: ["API_TOKEN": Self.token])
        var arguments = [
            "run", "http://127.0.0.1:\(served.port)/openapi.json", "--phases", "examples,coverage,fuzzing", "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
                + "response_schema_conformance,unsupported_method,ignored_auth",
            "--max-examples", Self.examples, "--seed", Self.seed, "--workers", "1", "--warnings", "off",
        ]
        if hasToken { arguments += ["--header", "Authorization: Bearer \(Self.token)"] }
        var environment = ProcessInfo.processInfo.environment
        environment["NO_PROXY"] = "127.0.0.1"
        environment["no_proxy"] = "127.0.0.1"
        let finished = try await ChildProcess.run(
            program, arguments, environment: environment, directory: codex.folder, limit: .seconds(400))
        #expect(finished.status == 0, "\(finished.output.suffix(6000))")
        #expect(try await served.stop() == .exited(0))
        #expect(try await codex.isAuditValid())
    }
}
