import Foundation
import Testing

/// Rules about how code is put, over the sources.
@Suite struct CodeStyleTests {
    private static let maximumFunctionLines = 70

    /// The functions of a file that have a body of their own lines, by where the formatter puts the closing brace.
    private static func functions(of file: SourceFile) -> [(line: Int, lines: Int)] {
        let opening = /^( *)(?:[\w@().]+ )*(?:func|init|subscript|deinit)\b/
        return file.lines.indices.compactMap { start in
            let first = file.lines[start]
            guard let match = first.firstMatch(of: opening), !first.hasSuffix("}") else { return nil }
            let closing = match.output.1 + "}"
            let signature = file.lines[start...].prefix { !$0.isEmpty }
            guard let body = signature.firstIndex(where: { $0.hasSuffix("{") }),
                let end = file.lines[body...].dropFirst().firstIndex(where: { $0.hasPrefix(closing) })
            else { return nil }
            return (start + 1, end - start + 1)
        }
    }

    @Test func `functions are found, and how long they are`() {
        let file = SourceFile(
            path: "Sources/X/A.swift",
            lines: [
                "struct A {", "    func short() -> Int { 1 }", "    package init(", "        a: Int", "    ) {",
                "        self.a = a", "    }", "}", "protocol B {", "    func none()", "", "    func none(_ a: Int)",
                "}",
            ])
        #expect(Self.functions(of: file).map { [$0.line, $0.lines] } == [[3, 5]])
    }

    @Test func `no function is longer than 70 lines`() throws {
        let long = try SourceFile.all(in: ["Sources"]).flatMap { file in
            Self.functions(of: file).filter { $0.lines > Self.maximumFunctionLines }
                .map { "\(file.path):\($0.line): \($0.lines) lines" }
        }
        #expect(long == [])
    }

    /// `let (a, b) = (x, y)` says two things at once.
    @Test func `no tuple is taken apart where it is made`() throws {
        let pattern = #"(^|[{;] |let |var )\([\w.]+(, [\w.]+)+\)(: \([^=]*\))? = \((?![^()]*\)\.)"#
        #expect(try SourceFile.places(of: pattern) { $0.room != nil } == [])
    }

    @Test func `no optional of an optional is flattened by itself`() throws {
        let pattern = #"\bflatMap\(\\\.self\)"#
        #expect(try SourceFile.places(of: pattern) { $0.room != nil } == [])
    }

    @Test func `an error that is lost has its reason in a comment within four lines`() throws {
        let lossy = /\btry\?/
        var bare: [String] = []
        for file in try SourceFile.all(in: ["Sources"]) {
            for (number, text) in file.code where text.contains(lossy) {
                let around = file.lines[max(0, number - 5)..<number]
                if !around.contains(where: { $0.contains("//") }) { bare.append("\(file.path):\(number)") }
            }
        }
        #expect(bare == [])
    }
}
