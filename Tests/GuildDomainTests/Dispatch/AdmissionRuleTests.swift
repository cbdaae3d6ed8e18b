import GuildDomain
import Testing

@Suite struct AdmissionRuleTests {
    private static let start = Timestamp(seconds: 1_790_000_000)
    private static let window = DebounceWindow.Terms(key: "k", window: .seconds(60), maxWait: .seconds(150))

    private func admit(
        _ name: String, _ terms: AdmissionTerms, _ book: inout MemoryBook, at seconds: Int64,
        priority: Priority = .normal
    ) throws -> Admission {
        try AdmissionRule.admit(
            AdmissionRequest(
                invocation: InvocationID(derivedFrom: [name]), agent: "clerk", rule: "agents/clerk#0",
                priority: priority), terms, in: &book, now: Self.start + .seconds(seconds))
    }

    @Test func `each event puts the window off, until the longest wait`() throws {
        var (book, terms) = (MemoryBook(), AdmissionTerms())
        terms.window = Self.window
        guard case .opened(let opened) = try admit("a", terms, &book, at: 0) else {
            Issue.record("the first opens no window")
            return
        }
        #expect(opened.dueAt == Self.start + .seconds(60))
        var dues: [Duration] = []
        for seconds in [Int64(30), 80, 130, 149] {
            guard case .joined(let joined) = try admit("\(seconds)", terms, &book, at: seconds) else {
                Issue.record("one at \(seconds) s does not join")
                return
            }
            #expect(joined.invocation == opened.invocation)
            dues.append(joined.dueAt - Self.start)
        }
        #expect(dues == [.seconds(90), .seconds(140), .seconds(150), .seconds(150)])
        #expect(book.close(until: Self.start + .seconds(149)) == 0)
        #expect(book.close(until: Self.start + .seconds(150)) == 1)
        guard case .opened = try admit("next", terms, &book, at: 151) else {
            Issue.record("the next one opens no window of its own")
            return
        }
    }

    @Test func `a window that is due takes what comes and is not put off`() throws {
        var (book, terms) = (MemoryBook(), AdmissionTerms())
        terms.window = Self.window
        _ = try admit("a", terms, &book, at: 0)
        guard case .joined(let late) = try admit("b", terms, &book, at: 100) else {
            Issue.record("it does not join")
            return
        }
        #expect(late.dueAt == Self.start + .seconds(60))
    }

    @Test func `a window has the highest priority of its events and closes when it is full`() throws {
        var window = DebounceWindow(
            opening: InvocationID(derivedFrom: ["a"]), Self.window, priority: .low, at: Self.start)
        window = window.joined(Self.window, priority: .critical, at: Self.start)
        #expect(window.priority == .critical)
        for _ in 2..<DebounceWindow.eventLimit { window = window.joined(Self.window, priority: .low, at: Self.start) }
        #expect(window.events == DebounceWindow.eventLimit)
        #expect(window.dueAt == Self.start)
    }

    @Test func `of two rates the slower decides, and one that refuses takes from none`() throws {
        func charge(_ name: String, _ perMinute: Int64, rejects: Bool = false) -> AdmissionTerms.Charge {
            .init(bucket: name, rate: Rate(perMinute: perMinute, burst: 1), unit: .requests, rejects: rejects)
        }
        var (book, terms) = (MemoryBook(), AdmissionTerms())
        terms.charges = [charge("fast", 60), charge("slow", 6)]
        #expect(try admit("a", terms, &book, at: 0) == .started)
        guard case .delayed(let until, let reason) = try admit("b", terms, &book, at: 0) else {
            Issue.record("the second does not wait")
            return
        }
        #expect(until == Self.start + .seconds(10))
        #expect(reason == "slow is at its limit of 6 a minute")
        var strict = AdmissionTerms()
        strict.charges = [charge("other", 60), charge("slow", 6, rejects: true)]
        guard case .rejected = try admit("c", strict, &book, at: 1) else {
            Issue.record("the third is not refused")
            return
        }
        strict.charges.removeLast()
        #expect(try admit("d", strict, &book, at: 1) == .started)
    }

    @Test func `who would wait for days is refused`() throws {
        var (book, terms) = (MemoryBook(), AdmissionTerms())
        terms.charges = [
            .init(bucket: "slow", rate: Rate(perMinute: 1, burst: 1), unit: .requests, rejects: false)
        ]
        var last: Admission = .started
        for number in 0...1441 { last = try admit("\(number)", terms, &book, at: 0) }
        guard case .rejected = last else {
            Issue.record("\(last)")
            return
        }
    }

    @Test func `terms read back as they were written`() {
        var terms = AdmissionTerms()
        terms.window = Self.window
        terms.charges = [.init(bucket: "agent/a@p#0/tokens", rate: Rate(perMinute: 9), unit: .tokens, rejects: true)]
        terms.backpressure = .init(depth: 7, retryAfter: .seconds(3))
        #expect(AdmissionTerms(json: terms.json) == terms)
        #expect(AdmissionTerms(json: "nonsense") == AdmissionTerms())
    }
}
