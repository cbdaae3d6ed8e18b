import Foundation
import GuildDomain
import GuildTestSupport

/// The vendors' Python SDKs, installed once a run into a virtual environment that is removed at its end.
enum OfficialSDK {
    /// The environment's Python; nil where Python or the packages cannot be had, as on a machine without a network.
    static func python() async -> String? { await installation.value }

    private static let packages = ["anthropic", "openai"]
    private static let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
        "guild-sdk-\(ProcessInfo.processInfo.processIdentifier)"
    ).path

    private static let installation = Task { () -> String? in
        // A folder left behind is only litter in the temporary folder.
        atexit { try? FileManager.default.removeItem(atPath: OfficialSDK.folder) }
        do {
            let made = try await ChildProcess.run("/usr/bin/env", ["python3", "-m", "venv", folder])
            guard made.status == 0 else { return complain(made.errors + made.output) }
            let python = "\(folder)/bin/python"
            let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + packages
            let installed = try await ChildProcess.run(python, arguments, limit: .seconds(300))
            guard installed.status == 0 else { return complain(installed.errors) }
            return python
        } catch {
            return complain("\(error)")
        }
    }

    private static func complain(_ text: String) -> String? {
        print("the official SDKs are not at hand: \(text.suffix(500))")
        return nil
    }

    /// Runs one of the scripts beside this file against a server.
    ///
    /// - Returns: the JSON that it printed.
    static func run(_ script: String, against baseURL: String) async throws -> JSONValue {
        guard let python = await python() else { throw Failure(.unavailable, "no Python with the SDKs") }
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("sdk/\(script)")
        var environment = ProcessInfo.processInfo.environment
        environment["NO_PROXY"] = "127.0.0.1"
        environment["no_proxy"] = "127.0.0.1"
        let finished = try await ChildProcess.run(python, [path.path, baseURL], environment: environment)
        guard finished.status == 0 else { throw Failure(.failed, "\(script) failed: \(finished.errors)") }
        return try JSONParser.parse(finished.output)
    }
}
