import Testing

@testable import GuildCommands

@Suite struct TreeNodeTests {
    @Test func `branches, stems and notes are drawn`() {
        let tree = TreeNode(
            label: "event", notes: ["from x"],
            children: [
                TreeNode(
                    label: "first", notes: ["why"], children: [TreeNode(label: "a"), TreeNode(label: "b")]),
                TreeNode(label: "last", notes: ["end"], children: [TreeNode(label: "c", notes: ["note"])]),
            ])
        #expect(
            tree.lines() == [
                "event", "│  from x", "├─ first", "│  │  why", "│  ├─ a", "│  └─ b", "└─ last", "   │  end",
                "   └─ c", "         note",
            ])
    }

    @Test func `a label from outside cannot write to the terminal`() {
        #expect(TreeNode(label: "a\u{1B}[31m\nb").lines() == [#"a\u{1b}[31m\nb"#])
    }

    @Test func `a tree that is too deep ends with an ellipsis`() {
        var tree = TreeNode(label: "leaf")
        for level in 0..<1000 { tree = TreeNode(label: "\(level)", children: [tree]) }
        let lines = tree.lines()
        #expect(lines.count == TreeNode.depthLimit + 2)
        #expect(lines.last?.hasSuffix("└─ …") == true)
    }
}
