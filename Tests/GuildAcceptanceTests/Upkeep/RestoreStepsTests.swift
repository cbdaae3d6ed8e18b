import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// `guild ledger restore`, killed before each of the steps in which it gives files their names.
    struct RestoreStepsTests {
        /// Ends the program before its n-th call that makes, moves or takes away a name, and counts nothing else.
        private static let shim = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <signal.h>
            #include <stdatomic.h>
            #include <stdlib.h>
            #include <sys/stat.h>
            #include <unistd.h>
            static atomic_int calls;
            static void step(void) {
                const char *last = getenv("KILL_BEFORE_CALL");
                if (last && atomic_fetch_add(&calls, 1) + 1 == atoi(last)) kill(getpid(), SIGKILL);
            }
            #define NEXT(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))
            int rename(const char *from, const char *to) { step(); return NEXT(rename)(from, to); }
            int link(const char *from, const char *to) { step(); return NEXT(link)(from, to); }
            int unlink(const char *path) { step(); return NEXT(unlink)(path); }
            int mkdir(const char *path, mode_t mode) { step(); return NEXT(mkdir)(path, mode); }
            """

        private func compileShim(in folder: String) async throws -> String {
            let (source, library) = (folder + "/shim.c", folder + "/shim.so")
            try Data((Self.shim + "\n").utf8).write(to: URL(fileURLWithPath: source))
            let made = try await ChildProcess.run(
                "/usr/bin/env", ["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"])
            #expect(made.status == 0, "\(made.errors)")
            return library
        }

        private func send(_ name: String, _ codex: TemporaryCodex) async throws {
            let events = (0..<6).map { number -> String in
                // A body of every third event is a file.
                let text = String(repeating: "x", count: number % 3 == 0 ? 70_000 + number : 10) + name
                let event: JSONValue = [
                    "specversion": "1.0", "id": .string("\(name)-\(number)"), "source": .string("/test/\(name)"),
                    "type": "test.sent", "data": ["text": .string(text)],
                ]
                return event.text(.compact)
            }
            try codex.write(["\(name).jsonl": events.joined(separator: "\n") + "\n"])
            let sent = try await codex.guild("dispatch", "send", "\(name).jsonl", "--quiet")
            #expect(sent.status == 0, "\(sent.errors)")
        }

        @Test func `killed before any step, it leaves the old ledger or the new one, whole, and can be done again`()
            async throws
        {
            let codex = try await TemporaryCodex.clerk()
            let shim = try await compileShim(in: codex.folder)
            try await send("first", codex)
            #expect(try await codex.guild("ledger", "backup", "../backup").status == 0)
            let restored = try #require(try await codex.json("audit", "verify")["entries"]?.integer) + 1
            try await send("second", codex)
            let old = try await codex.json("audit", "verify")["head"]
            let files = FileManager.default
            try files.copyItem(atPath: codex.folder + "/ledger", toPath: codex.folder + "/pristine")

            var (step, sawOld, sawNew) = (0, false, false)
            while true {
                step += 1
                try #require(step < 500)
                try files.removeItem(atPath: codex.folder + "/ledger")
                try files.copyItem(atPath: codex.folder + "/pristine", toPath: codex.folder + "/ledger")
                let run = try codex.start(
                    "ledger", "restore", "../backup", "--force",
                    overriding: ["LD_PRELOAD": shim, "KILL_BEFORE_CALL": "\(step)"])
                let ending = try await run.wait()
                let verdict = try await codex.json("audit", "verify")
                let isOld = verdict["head"] == old
                #expect(isOld || verdict["entries"]?.integer == restored, "step \(step)")
                let checked = try await codex.guild("ledger", "check")
                #expect(checked.status == 0, "step \(step): \(checked.output)")
                sawOld = sawOld || isOld
                sawNew = sawNew || !isOld && ending == .signalled(SIGKILL)
                guard ending == .signalled(SIGKILL) else {
                    #expect(ending == .exited(0), "\(run.errors)")
                    break
                }
                let again = try await codex.guild("ledger", "restore", "../backup", "--force")
                #expect(again.status == 0, "step \(step): \(again.errors)")
                #expect(try await codex.json("audit", "verify")["entries"]?.integer == restored, "step \(step)")
            }
            // Both sides of the rename that decides were among the steps.
            #expect(sawOld && sawNew && step > 10, "\(step) steps")
        }
    }
}
