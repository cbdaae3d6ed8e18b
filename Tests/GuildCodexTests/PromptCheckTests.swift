import GuildDomain
import Testing

@testable import GuildCodex

@Suite struct PromptCheckTests {
    private func problems(_ prompt: String, path: String = "prompts/ranger.md") -> [Problem] {
        SmallCodex.validate([path: prompt]).problems.filter { $0.file == path }
    }

    /// The prompts of other template languages, and of haste.
    @Test(
        arguments: [
            ("Use {{#each x}}{{this}}{{/each}}", 5, "error", "'each x', which is not a name"),
            ("Values: {{- if .x }}y{{ end }}", 9, "error", "'- if .x', which is not a name"),
            ("Never echo ${{ secrets.TOKEN }}.", 13, "warning", "no value 'secrets.TOKEN'"),
            ("Severity is {{data.severty}}.", 13, "warning", "did you mean 'severity'?"),
            ("Use {{}} as a placeholder.", 5, "error", "a tag without a name"),
            ("Hello {{#x}}", 7, "error", "an unclosed section 'x'"),
            ("{{{", 1, "error", "a tag that does not end"),
            ("{{subject}", 1, "error", "a tag that does not end"),
            ("a {{", 3, "error", "an opening without a tag"),
            ("{{> other}}", 1, "error", "a partial"), ("{{< other}}{{/other}}", 1, "error", "a partial"),
            ("{{#data}}{{/event}}", 10, "error", "the end of 'event' in the section 'data'"),
            ("{{/data}}", 1, "error", "that was not opened"), ("{{! never", 1, "error", "a comment that does not end"),
            ("{{=}}", 1, "error", "delimiters"), ("{{=<% %>}}", 1, "error", "delimiters"),
            ("{{=a b=}}", 1, "error", "delimiters"), ("{{{subject}} }", 1, "error", "three braces"),
            ("{{shout(subject)}}", 1, "error", "no function 'shout'"),
            ("{{uppercase(subject)}}", 1, "error", "did you mean 'uppercased'?"),
            ("{{count(data}}", 1, "error", "which is not a name"), ("{{.x}}", 1, "error", "which is not a name"),
            ("{{data..x}}", 1, "error", "which is not a name"),
            ("{{ data.titel }}", 1, "warning", "did you mean 'title'?"),
            ("{{agent.nmae}}", 1, "warning", "did you mean 'agent.name'?"), ("{{subjct}}", 1, "warning", "'subject'"),
            ("{{subject}}\u{301}", 1, "error", "joins"), ("{{#\u{301}data}}", 1, "error", "joins"),
            ("{{% CONTENT_TYPE:YAML}}", 1, "error", "an unknown pragma"), ("é {{subject.x}}", 3, "warning", "no value"),
        ] as [(String, Int, String, String)])
    func `what would not run is told at its place`(prompt: String, column: Int, severity: String, words: String) throws
    {
        let first = try #require(problems("---\ntitle: x\n---\nLine one.\n" + prompt).first)
        #expect(first.text.hasPrefix("prompts/ranger.md:5:\(column): \(severity): "), "\(first.text)")
        #expect(first.text.contains(words), "\(first.text)")
        #expect(first.expected != nil || first.suggestion != nil || severity == "error", "\(first.text)")
    }

    @Test(arguments: [
        "Plain.", "{{subject}} {{{data.title}}} {{&data.body}}", "{{#data}}{{title}}{{anything}}{{/data}}",
        "{{^data.issue}}none{{/data.issue}}", "{{#events}}{{.}}{{^last()}}, {{/last()}}{{/events}}",
        "{{=<% %>=}}{{each x}} <%subject%>", "{{! {{#each}} is Handlebars }}", "{{count(data.labels)}}",
        "{{#data.labels}}{{=| |=}}|name||/data.labels|{{subject}}", "{{ data.issue.user.login }}", "{{vars.anything}}",
        "{{data.regions}} {{data.foo.bar}}", "{{$block}}x{{/block}}", "}} and }", "{ {a} }", "{{now}}{{input}}",
        "{{event.data.title}} {{event.myextension}}", "{{uppercased(agent.name)}}",
    ]) func `what runs is left alone`(prompt: String) {
        #expect(problems(prompt).map(\.text) == [])
    }

    @Test func `a pointer of a large file is no prompt`() throws {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n"
        let first = try #require(problems(pointer).first)
        #expect(first.text.hasPrefix("prompts/ranger.md:1:1: error: a Git LFS pointer"), "\(first.text)")
    }

    @Test func `only what an agent names is a prompt`() {
        let bad = "{{}}"
        let result = SmallCodex.validate(["prompts/README.md": bad, "adr/0001.md": bad])
        #expect(result.problems == SmallCodex.validate().problems)
        #expect(SmallCodex.validate(["prompts/ranger.md": bad]).snapshot == nil)
    }

    @Test func `a prompt in the manifest is checked too, at its lines`() throws {
        let agent = """
            apiVersion: guild/v1
            kind: Agent
            metadata: { name: ranger, chapter: payments }
            spec:
              model: replayed
              prompt: |
                You watch {{subject}}.
                {{#each x}}{{/each}}
            """
        let problem = try #require(SmallCodex.validate(["agents/ranger.yaml": agent]).problems.first)
        #expect(problem.text.hasPrefix("agents/ranger.yaml:8:"), "\(problem.text)")
        #expect(problem.path == "spec.prompt")
        let line = agent.replacing("|\n    You watch {{subject}}.\n    ", with: "Hello there, ")
        let other = try #require(SmallCodex.validate(["agents/ranger.yaml": line]).problems.first)
        #expect(other.text.hasPrefix("agents/ranger.yaml:6:"), "\(other.text)")
    }

    @Test func `the template of a debounce key is checked as well`() throws {
        let trigger = { (key: String) in
            "triggers: [{ type: webhook, source: github, debounce: { window: 60s, key: '\(key)' } }]"
        }
        #expect(try SmallCodex.agent(trigger("{{data.issue.key}} {{severity}}")).triggers.count == 1)
        let invalid = try #require(throws: CodexInvalid.self) { try SmallCodex.agent(trigger("{{#each x}}")) }
        #expect(invalid.problems.contains { $0.path == "spec.triggers[0].debounce.key" }, "\(invalid.message)")
    }

    @Test func `a prompt too large or too deep is refused before a run meets it`() {
        #expect(problems(String(repeating: "x", count: PromptCheck.largestBytes + 1)).count == 1)
        let deep = String(repeating: "{{#data}}", count: 65) + String(repeating: "{{/data}}", count: 65)
        #expect(problems(deep).contains { $0.found.contains("64 deep") })
        #expect(problems(String(repeating: "{{}}", count: 1000)).count <= 21)
    }
}
