import Foundation
import GuildDomain
import Testing

@testable import GuildCommands

@Suite struct CommandResultTests {
    private struct Sample: ListResult {
        struct Row: Encodable, Sendable {
            let name: String
            let tokens: Int64?
            let at: Timestamp?
            let note: String?
        }

        let rows: [Row]
        var emptyText: String { "nothing there" }

        var columns: [Column<Row>] {
            [
                .text("NAME", \.name), .count("TOKENS", \.tokens), .time("AT", \.at), .optional("NOTE", \.note),
                .flag("NOTED") { $0.note != nil },
            ]
        }
    }

    private static let sample = Sample(rows: [
        Sample.Row(name: "ranger", tokens: 12_345, at: Timestamp(seconds: 1_790_000_000), note: nil),
        Sample.Row(name: "", tokens: nil, at: nil, note: "busy"),
    ])

    @Test func `one declaration gives the table for programs and for people`() throws {
        #expect(
            Self.sample.table(.machine).csv(showsHeadings: true)
                == "name,tokens,at,note,noted\r\nranger,12345,2026-09-21T14:13:20Z,,false\r\n,,,busy,true\r\n")
        #expect(
            Self.sample.table(.people(.gmt)).text(.plain, showsHeadings: true) == """
                NAME    TOKENS  AT                          NOTE  NOTED
                ranger  12,345  2026-09-21 14:13:20 +00:00  -     false
                             -  -                           busy  true
                """)
    }

    @Test func `the same declaration gives the document`() throws {
        #expect(
            try DocumentEncoder.encode(Self.sample.document).text()
                == #"[{"name":"ranger","tokens":12345,"at":"2026-09-21T14:13:20Z","note":null},"#
                + #"{"name":"","tokens":null,"at":null,"note":"busy"}]"#)
    }

    @Test func `without rows a person reads why, and nothing if quiet`() {
        let empty = Sample(rows: [])
        #expect(empty.text(.plain, isQuiet: false) == "nothing there")
        #expect(empty.text(.plain, isQuiet: true).isEmpty)
    }

    private struct One: RecordResult {
        let path: String
        let isNew: Bool

        private enum CodingKeys: String, CodingKey {
            case path
            case isNew = "new"
        }

        var columns: [Column<One>] { [.text("PATH", \.path), .flag("NEW", \.isNew)] }
    }

    @Test func `a record is its own document and the one row`() throws {
        let one = One(path: "/a", isNew: true)
        #expect(try DocumentEncoder.encode(one.document).text() == #"{"path":"/a","new":true}"#)
        #expect(one.table(.machine).rows == [["/a", "true"]])
    }
}
