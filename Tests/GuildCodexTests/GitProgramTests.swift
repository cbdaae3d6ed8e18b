import Foundation
import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildCodex

/// What `git` is given, with a program of ours in its place.
@Suite(.timeLimit(.minutes(1))) struct GitProgramTests {
    private final class Folder: Sendable {
        let path = GitFixture.temporaryPath()

        init(_ script: String) async throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try await ExecutableFile.write("#!/bin/sh\n\(script)\n", to: path + "/git")
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }  // litter at worst
    }

    @Test func `git sees what it needs and no secret`() async throws {
        let folder = try await Folder("env")
        let git = GitProgram(environment: [
            "PATH": "\(folder.path):/usr/bin:/bin", "HOME": "/home/ada", "SSH_AUTH_SOCK": "/run/agent",
            "GIT_SSH_COMMAND": "ssh -v", "GNUPGHOME": "/keys", "https_proxy": "http://127.0.0.1:1",
            "NO_PROXY": "localhost", "SSL_CERT_FILE": "/certificates", "ANTHROPIC_API_KEY": "secret-1",
            "GITHUB_TOKEN": "secret-2", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_VALUE_0": "secret-3",
            "GIT_DIR": "/elsewhere", "LD_PRELOAD": "/evil", "GIT_TRACE_CURL": "1",
        ])
        let outcome = try git.run(["x"], in: "/", adding: ["EXTRA": "1"])
        let names = Set(
            outcome.output.split(separator: "\n").compactMap { $0.split(separator: "=").first }.map(String.init))
        let shells: Set<String> = ["PWD", "OLDPWD", "SHLVL", "_"]
        #expect(
            names.subtracting(shells) == [
                "PATH", "HOME", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GNUPGHOME", "https_proxy", "NO_PROXY",
                "SSL_CERT_FILE", "GIT_TERMINAL_PROMPT", "GIT_NO_REPLACE_OBJECTS", "LC_ALL", "EXTRA", "GIT_CONFIG_COUNT",
                "GIT_CONFIG_KEY_0", "GIT_CONFIG_KEY_1", "GIT_CONFIG_KEY_2", "GIT_CONFIG_KEY_3", "GIT_CONFIG_VALUE_0",
                "GIT_CONFIG_VALUE_1", "GIT_CONFIG_VALUE_2", "GIT_CONFIG_VALUE_3",
            ])
        #expect(!outcome.output.contains("secret"))
    }

    @Test func `arguments and the exit status pass as they are`() async throws {
        let folder = try await Folder("[ \"$3\" != config ] || exit 0; printf '%s\\n' \"$@\"; echo oops >&2; exit 7")
        let outcome = try GitProgram(environment: ["PATH": folder.path + ":/usr/bin:/bin"])
            .run(["a b", "$(touch /x)", "'", ""], in: "/tmp")
        #expect(outcome.output == "-C\n/tmp\na b\n$(touch /x)\n'\n\n")
        #expect(outcome.errors == "oops\n")
        #expect(outcome.status == 7)
    }

    @Test func `what git leaves behind ends with it`() async throws {
        let folder = try await Folder("sleep 1000 >/dev/null 2>&1 & echo $!")
        let outcome = try GitProgram(environment: ["PATH": folder.path + ":/usr/bin:/bin"]).run([], in: "/")
        let left = try #require(pid_t(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)))
        while isRunning(left) { await Task.yield() }
    }

    @Test func `a git that takes too long is ended with all it started`() async throws {
        let folder = try await Folder("sleep 1000 & echo $! > \"$0.left\"; wait")
        let git = GitProgram(environment: ["PATH": folder.path + ":/usr/bin:/bin"])
        #expect(throws: Failure.self) { try git.run([], in: "/", timeout: .seconds(1)) }
        let text = try String(contentsOfFile: folder.path + "/git.left", encoding: .utf8)
        let left = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        while isRunning(left) { await Task.yield() }
    }

    @Test func `no git on the path is told as such`() {
        let error = #expect(throws: Failure.self) {
            try GitProgram(environment: ["PATH": "/nonexistent"]).run([], in: "/")
        }
        #expect(error?.message.contains("cannot start git") == true)
    }

    /// Neither gone nor dead and waiting for whoever is to hear of it.
    private func isRunning(_ process: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return status.split(separator: ")").last?.split(separator: " ").first != "Z"
    }
}
