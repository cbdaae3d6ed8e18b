/// An item with its consequences, drawn with box characters.
struct TreeNode: Sendable {
    var label: String
    /// Lines below the label that belong to it.
    var notes: [String] = []
    var children: [TreeNode] = []

    /// How deep a tree is drawn.
    static let depthLimit = 128

    /// The tree as lines, the root without a branch before it. Control characters of labels are gone.
    func lines() -> [String] {
        var lines: [String] = []
        draw(first: "", rest: "", depth: 0, into: &lines)
        return lines
    }

    private func draw(first: String, rest: String, depth: Int, into lines: inout [String]) {
        lines.append(first + TextTable.printable(label))
        let stem = children.isEmpty ? "   " : "│  "
        lines += notes.map { rest + stem + TextTable.printable($0) }
        guard depth < Self.depthLimit else {
            if !children.isEmpty { lines.append(rest + "└─ …") }
            return
        }
        for (index, child) in children.enumerated() {
            let isLast = index == children.count - 1
            child.draw(
                first: rest + (isLast ? "└─ " : "├─ "), rest: rest + (isLast ? "   " : "│  "), depth: depth + 1,
                into: &lines)
        }
    }
}
