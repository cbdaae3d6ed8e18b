import GuildCodex
import Testing

/// Who a member of a chapter is in each external system.
@Suite struct MemberIDsTests {
    private func result(_ member: String) -> LoadResult {
        SmallCodex.validate([
            "chapters/payments.yaml": """
            apiVersion: guild/v1
            kind: Chapter
            metadata: { name: payments }
            spec: { master: ranger, members: [{ id: ada, \(member) }] }
            """
        ])
    }

    @Test(
        arguments: [
            ("ids: { github: ada-l, slack: U04, jira: 5b10a }", ["github": "ada-l", "slack": "U04", "jira": "5b10a"]),
            ("github: ada-l, slack: U04", ["github": "ada-l", "slack": "U04"]),
            ("github: ada-l, ids: { slack: U04 }", ["github": "ada-l", "slack": "U04"]),
            ("github: ada-l, ids: { GitHub: ada-l }", ["github": "ada-l"]), ("name: Ada", [:]),
        ] as [(String, [String: String])])
    func `ids are read by system, in both spellings`(member: String, ids: [String: String]) throws {
        let result = result(member)
        #expect(result.problems.map(\.text) == [])
        #expect(try result.get().chapter("payments")?.members.first?.ids == ids)
    }

    @Test func `two ids in one system are an error, and so is a system that nobody knows as a key`() {
        let both = result("github: ada-l, ids: { github: ada }").problems.map(\.text)
        #expect(both.count == 1 && both[0].contains("two ids in 'github'"), "\(both)")
        #expect(result("gitlab: ada").problems.contains { $0.severity == .error })
        #expect(result("ids: { github: [ada] }").problems.contains { $0.severity == .error })
    }
}
