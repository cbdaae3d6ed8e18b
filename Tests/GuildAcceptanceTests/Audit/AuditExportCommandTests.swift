import Foundation
import GuildDomain
import GuildLedger
import GuildTestSupport
import Testing

extension Audit {
    struct ExportCommandTests {
        @Test func `an export takes its file by --to, and says so to who tries -o`() async throws {
            let codex = try await TemporaryCodex.clerk()
            let refused = try await codex.guild("audit", "export", "-o", "log.jsonl")
            #expect(refused.status == 2)
            #expect(refused.errors.contains("write --to PATH"), "\(refused.errors)")
        }

        @Test func `the script verifies an export against an anchor, and names what was changed`() async throws {
            let codex = try await TemporaryCodex.audited(20)
            _ = try await codex.withOpenLedger { ledger async throws in
                try await ledger.audit.eraseBodies(
                    bodiesOf: 3...6, policy: "p", actor: "retention", now: SystemTime().now)
            }
            try await codex.append(3)
            try codex.save(try await codex.guild("audit", "anchor", "-o", "json"), as: "anchor.json")
            #expect(try await codex.guild("audit", "export", "--to", "log.jsonl").status == 0)
            #expect(try await codex.guild("audit", "export").output.split(separator: "\n").count == 25)

            let head = try await codex.json("audit", "verify")["head"]?.string ?? "?"
            let root = try await codex.json("audit", "verify")["root"]?.string ?? "?"
            let finished = try await codex.python("log.jsonl", "anchor.json")
            #expect(finished.status == 0, "\(finished.errors)")
            #expect(finished.output == "1..25: 4 bodies erased, head \(head), tree root \(root)\n")
            // Every line changed in one place, taken out, or in the place of the next.
            let text = try String(contentsOfFile: codex.repository + "/log.jsonl", encoding: .utf8)
            let lines = text.split(separator: "\n").map(String.init)
            for index in [0, 1, 6, 20, 24] {
                var changed = lines
                changed[index] = changed[index].replacingOccurrences(of: "\"at\":1", with: "\"at\":2")
                var removed = lines
                removed.remove(at: index)
                var swapped = lines
                if index < 24 { swapped.swapAt(index, index + 1) }
                for variant in [changed, removed, swapped] where variant != lines && variant != Array(lines.dropFirst())
                {
                    try codex.write(["bad.jsonl": variant.joined(separator: "\n") + "\n"])
                    let finished = try await codex.python("bad.jsonl", "anchor.json")
                    let isCut = variant == Array(lines.dropLast())
                    #expect(finished.status == (isCut ? 0 : 1), "\(index)")
                    if !isCut {
                        #expect(finished.errors.contains("entry \(index + 1):"), "\(index): \(finished.errors)")
                    }
                }
            }
            // A tail that was cut off, against the anchor; a body more than was erased.
            try codex.write(["cut.jsonl": lines.prefix(22).joined(separator: "\n") + "\n"])
            #expect(try await codex.python("cut.jsonl", "anchor.json").errors.contains("the log ends at 22"))
            let bodies = lines.map { $0.replacingOccurrences(of: "quoted", with: "misquoted") }
            try codex.write(["bodies.jsonl": bodies.joined(separator: "\n") + "\n"])
            #expect(try await codex.python("bodies.jsonl").errors.contains("entry 1: its body was changed"))
            try await codex.tamper("DELETE FROM audit_bodies WHERE seq = 8")
            #expect(try await codex.guild("audit", "export", "--to", "gone.jsonl").status == 0)
            #expect(try await codex.python("gone.jsonl").errors.contains("entry 8: its body is gone"))
            // The same hash and another tree: an anchor that somebody else's log has.
            let anchor = try String(contentsOfFile: codex.repository + "/anchor.json", encoding: .utf8)
            for (key, words) in [("hash", "not as in the anchor"), ("root", "the tree is not the anchor's")] {
                let value = try #require(try JSONParser.parse(anchor)[key]?.string)
                let other = anchor.replacingOccurrences(of: value, with: String(repeating: "0", count: 64))
                try codex.write(["bad.json": other])
                #expect(try await codex.python("log.jsonl", "bad.json").errors.contains(words))
            }
        }

        @Test func `a part is exported and verified by itself`() async throws {
            let codex = try await TemporaryCodex.audited(9)
            let part = try await codex.guild("audit", "export", "--from", "4", "--until", "6")
            #expect(part.output.split(separator: "\n").count == 3)
            try codex.write(["part.jsonl": part.output])
            let finished = try await codex.python("part.jsonl")
            #expect(finished.status == 0, "\(finished.errors)")
            #expect(finished.output.hasPrefix("4..6: "))
            for (arguments, words) in [
                (["--from", "0"], "begin at 1"), (["--from", "5", "--until", "4"], "before --from 5"),
                (["--from", "10"], "no entry 10"), (["--until", "99"], "no entry 99"),
                (["--to", "no/such/file"], "no/such/file"),
            ] {
                let refused = try await ChildProcess.run(
                    try BuiltProducts.path(of: "guild"), ["audit", "export"] + arguments,
                    environment: codex.environment, directory: codex.repository)
                expectRefusal(refused, 2, words)
            }
            #expect(FileManager.default.fileExists(atPath: codex.repository + "/no") == false)
        }

        @Test func `an export goes into FIFOs and devices, and through no link to a file`() async throws {
            let codex = try await TemporaryCodex.audited(3)
            let folder = codex.repository
            #expect(try await codex.guild("audit", "export", "--to", "/dev/null").status == 0)
            let stream = try await codex.guild("audit", "export", "--to", "/dev/stdout")
            #expect(stream.output.split(separator: "\n").count == 3)
            #expect(mkfifo(folder + "/fifo", 0o600) == 0)
            let reader = open(folder + "/fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            #expect(try await codex.guild("audit", "export", "--to", "fifo").status == 0)
            var bytes = [UInt8](repeating: 0, count: 8)
            #expect(read(reader, &bytes, bytes.count) == bytes.count)
            close(reader)
            try codex.write(["victim": "mine\n"])
            for (target, link) in [("victim", "link"), ("nowhere", "dangling"), (folder, "folder-link")] {
                try FileManager.default.createSymbolicLink(atPath: folder + "/" + link, withDestinationPath: target)
                expectRefusal(
                    try await codex.guild("audit", "export", "--to", link), 2, "symbolic link")
            }
            // What used to be truncated: the name of the unfinished file, planted.
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/log.jsonl.partial", withDestinationPath: "victim")
            #expect(try await codex.guild("audit", "export", "--to", "log.jsonl").status == 0)
            #expect(try await codex.guild("audit", "export", "--to", "log.jsonl").status == 0)
            #expect(try String(contentsOfFile: folder + "/victim", encoding: .utf8) == "mine\n")
            #expect(!FileManager.default.fileExists(atPath: folder + "/nowhere"))
            var status = stat()
            #expect(lstat(folder + "/fifo", &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
        }

        @Test func `a proof is made, handed on and checked, and another is none`() async throws {
            let codex = try await TemporaryCodex.audited(40)
            try codex.save(try await codex.guild("audit", "anchor", "-o", "json"), as: "anchor.json")
            try codex.save(try await codex.guild("audit", "proof", "13", "--anchored", "-o", "json"), as: "proof.json")
            let proof = try JSONParser.parse(
                String(contentsOfFile: codex.repository + "/proof.json", encoding: .utf8))
            #expect(proof["size"] == 40)
            #expect(try #require(proof["path"]?.array).count <= 6)
            // Neither ledger nor codex is needed to check it.
            let bare: [String: String?] = ["GUILD_LEDGER": nil, "GUILD_CODEX": nil]
            try await codex.git("init", "--quiet", "elsewhere", in: codex.folder)
            for file in ["anchor.json", "proof.json"] {
                try FileManager.default.copyItem(
                    atPath: codex.repository + "/" + file, toPath: codex.folder + "/elsewhere/" + file)
            }
            let checked = try await codex.guild(
                "audit", "proof", "--check", "proof.json", "--anchor-from", "anchor.json", overriding: bare,
                in: codex.folder + "/elsewhere")
            #expect(checked.status == 0, "\(checked.errors)")
            #expect(checked.output.contains("the root is that of the anchor in anchor.json"))
            try codex.write(["bad.json": proof.text().replacingOccurrences(of: "\"seq\":13", with: "\"seq\":14")])
            let bad = try await codex.guild("audit", "proof", "--check", "bad.json")
            #expect(bad.status == 1)
            #expect(bad.output.contains("not proved"))
            for (arguments, words) in [
                (["42"], "no entry 42"), (["0"], "begin at 1"), ([], "which proof to --check"),
                (["1", "--check", "x"], "which proof to --check"), (["5", "--size", "4"], "no tree of 4 entries"),
                (["--check", "nothing.json"], "nothing.json: cannot be read"),
                (["--check", "anchor.json"], "'format' must be 'guild.audit.proof/1'"),
            ] {
                let refused = try await ChildProcess.run(
                    try BuiltProducts.path(of: "guild"), ["audit", "proof"] + arguments,
                    environment: codex.environment, directory: codex.repository)
                expectRefusal(refused, 2, words)
            }
        }
    }
}
