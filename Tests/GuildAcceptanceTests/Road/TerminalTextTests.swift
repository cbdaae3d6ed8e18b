import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Road {
    /// What a model or an event says is shown, and obeyed by no terminal and no spreadsheet.
    struct TerminalTextTests {
        /// A title, a cleared screen, a right-to-left override and a space without width.
        private static let hostile = #"hi \u001b]0;title\u0007\u001b[2J \u202eevil\u2069 a\u200bb"#
        private static let shown = #"hi \u{1b}]0;title\u{7}\u{1b}[2J \u{202e}evil\u{2069} a\u{200b}b"#

        /// A stream of the messages API whose text comes in these pieces, written as in JSON.
        private static func answer(_ pieces: String...) -> [RawServer.Step] {
            var lines = [
                #"{"type": "message_start", "message": {"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 50, "output_tokens": 1}}}"#,
                #"{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}"#,
            ]
            lines += pieces.map {
                #"{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "\#($0)"}}"#
            }
            lines += [
                #"{"type": "content_block_stop", "index": 0}"#,
                #"{"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 7}}"#,
                #"{"type": "message_stop"}"#,
            ]
            let body = lines.map { "data: \($0)\n\n" }.joined()
            return [
                .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n\(body)"), .close,
            ]
        }

        private func isFit(_ text: String) -> Bool {
            text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\r" || $0 == "\t" || !ScreenText.isUnfit($0) }
        }

        @Test func `an answer with escape sequences is shown escaped, in each format`() async throws {
            let model = try RawServer { _ in Self.answer(Self.hostile) }
            let codex = try await TemporaryCodex.clerk(model: model.url(""))
            for format in ["table", "json", "yaml", "csv"] {
                let run = try await codex.guild("run", "clerk", "hello", "-o", format)
                #expect(run.status == 0, "\(run.errors)")
                #expect(isFit(run.output) && isFit(run.errors), "\(format)")
                if format == "table" { #expect(run.output == Self.shown + "\n") }
                guard format == "json" else { continue }
                let text = try JSONParser.parse("\"\(Self.hostile)\"")
                #expect(try JSONParser.parse(run.output)["answer"] == text)
            }
            for arguments in [["audit", "log"], ["audit", "export"], ["budget", "report"], ["status"]] {
                for format in ["table", "json"] where arguments[1...] != ["export"] || format == "json" {
                    let seen = try await ChildProcess.run(
                        try BuiltProducts.path(of: "guild"),
                        arguments + (arguments.last == "export" ? [] : ["-o", format]), environment: codex.environment,
                        directory: codex.repository)
                    #expect(isFit(seen.output), "\(arguments) \(format)")
                }
            }
        }

        @Test func `a sequence in two pieces passes no more than one in one`() async throws {
            let model = try RawServer { _ in Self.answer(#"a\u001b"#, "[2Jb", #"\r"#, #"\nc"#) }
            let codex = try await TemporaryCodex.clerk(model: model.url(""))
            let run = try await codex.guild("run", "clerk", "hello")
            #expect(run.output == "a\\u{1b}[2Jb\\r\nc\n", "\(run.errors)")
            let sent = try await codex.guild("dispatch", "--type", "x.y", "--subject", "a\u{1B}[2J\u{202E}b")
            #expect(isFit(sent.output) && isFit(sent.errors))
        }

        @Test func `csv is one row for one entry, whatever follows a quote, and holds no formula`() async throws {
            let codex = try await TemporaryCodex.clerk()
            for (number, subject) in ["\"\u{301},x", "=1+1", "＝1"].enumerated() {
                let event: JSONValue = [
                    "specversion": "1.0", "id": .string("\(number)"), "source": "/s", "type": "t",
                    "subject": .string(subject), "data": [:],
                ]
                let file = codex.repository + "/event.json"
                try Data(event.bytes()).write(to: URL(fileURLWithPath: file))
                #expect(try await codex.guild("dispatch", file).status == 0)
            }
            let log = try await codex.guild("audit", "log", "--kind", "event.accepted", "-o", "csv", "--quiet")
            #expect(log.output.components(separatedBy: "\r\n").count { !$0.isEmpty } == 3, "\(log.output)")
            let listed = try await codex.guild("dispatch", "queue", "-o", "csv", "--raw-cells")
            #expect(listed.status == 0, "\(listed.errors)")
            let wrong = try await codex.guild("audit", "log", "--raw-cells")
            #expect(wrong.status == 2)
            #expect(wrong.errors.contains("-o csv"))
        }
    }
}
