/// Removes from a text the code blocks in which a mention notifies nobody, if no other reading is possible.
///
/// Only a fence of backticks at the very beginning of a line counts, after a blank line or at the beginning of the
/// text, closed by the same fence. If anything before it could change its meaning (HTML, another fence, a math block,
/// an odd line end), the rest stays unchanged.
enum GitHubFences {
    /// - Returns: nil if there is no such block.
    static func removed(from text: String) -> String? {
        let scalars = text.unicodeScalars
        guard !scalars.contains(where: { $0 != "\n" && $0.properties.generalCategory == .control && $0 != "\t" }) else {
            return nil
        }
        let lines = scalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        var kept: [String] = []
        var index = 0
        var isAfterBlank = true
        var hasRemoved = false
        while index < lines.count {
            let line = lines[index]
            // The first line that could close it must close it without a doubt.
            if let fence = fence(line), isAfterBlank,
                let end = lines[(index + 1)...].firstIndex(where: { hasRun("`", 3, $0) }), lines[end] == fence
            {
                index = end + 1
                isAfterBlank = false
                hasRemoved = true
                // A blank line in its place keeps its neighbours apart.
                kept.append("")
                continue
            }
            guard !isDoubtful(line) else {
                kept += lines[index...]
                break
            }
            isAfterBlank = line.utf8.allSatisfy { $0 == 0x20 }
            kept.append(line)
            index += 1
        }
        return hasRemoved ? kept.joined(separator: "\n") : nil
    }

    /// The backticks that open a block; only a plain word may follow them.
    private static func fence(_ line: String) -> String? {
        let ticks = line.utf8.prefix { $0 == UInt8(ascii: "`") }
        let word = line.unicodeScalars.dropFirst(ticks.count)
        guard ticks.count >= 3, word.allSatisfy({ $0.isASCIIAlphanumeric || "+-_.#".unicodeScalars.contains($0) })
        else { return nil }
        return String(repeating: "`", count: ticks.count)
    }

    /// Whether the following text may be read in another way than line by line.
    private static func isDoubtful(_ line: String) -> Bool {
        line.utf8.contains(UInt8(ascii: "<")) || hasRun("`", 3, line) || hasRun("~", 3, line) || hasRun("$", 2, line)
    }

    private static func hasRun(_ scalar: Unicode.Scalar, _ length: Int, _ line: String) -> Bool {
        var run = 0
        for other in line.unicodeScalars {
            run = other == scalar ? run + 1 : 0
            if run == length { return true }
        }
        return false
    }
}
