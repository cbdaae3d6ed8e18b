package import GuildCodex
package import GuildDomain
package import GuildLedger

/// The codex's conditions for an invocation on its way into the queue: the debounce of its trigger, the rate limits of
/// its agent, chapter, organisation and sender, and the depth past which its priority is refused.
package struct AdmissionPolicy: Sendable {
    /// The delay for refused senders if the policy sets none.
    private static let defaultRetryAfter = Duration.seconds(60)
    private static let refusedByDefault: Set<Priority> = [.low, .background]

    private let snapshot: CodexSnapshot
    private let refused: Set<Priority>
    private let backpressure: AdmissionTerms.Backpressure

    /// The conditions of the codex at one commit.
    package init(_ snapshot: CodexSnapshot) {
        self.snapshot = snapshot
        let policies = snapshot.scheduling
        refused =
            policies.isEmpty
            ? Self.refusedByDefault
            : Set(policies.flatMap(\.backpressure.refuse)).subtracting([.critical])
        backpressure = AdmissionTerms.Backpressure(
            depth: snapshot.settings.queueDepth.value,
            retryAfter: policies.compactMap(\.backpressure.retryAfter).max() ?? Self.defaultRetryAfter)
    }

    /// The decisions with the conditions of their invocations.
    ///
    /// - Parameter alerts: a yellow one doubles the windows of debounces; work that a higher one holds back is queued
    ///   with that reason.
    package func applied(
        to decisions: [Decision], of event: Event, alerts: AlertLevels = AlertLevels()
    ) -> [Decision] {
        guard decisions.contains(where: { $0.invocation != nil }) else { return decisions }
        // Read again only for a key. The router has read the payload already; one that is no JSON sets nothing going.
        let asksForKey = decisions.contains { $0.invocation != nil && debounce(of: $0.rule) != nil }
        let json = asksForKey ? event.json(data: (try? event.data()) ?? .null) : .null
        // Hops and the root's tokens limit our own events.
        let senderCharges = event.isOwn ? [] : event.sender.map(snapshot.rates.charges(sender:)) ?? []
        return decisions.map { decision in
            guard let invocation = decision.invocation else { return decision }
            var decision = decision
            var terms = AdmissionTerms()
            if let alert = alerts.holding(
                invocation.priority, agent: invocation.agent, chapter: invocation.chapter)
            {
                decision.reasons.append(
                    "the \(alert.level.name) alert of \(alert.account) holds \(invocation.priority.name) work in the queue"
                )
            }
            terms.charges = snapshot.rates.charges(agent: invocation.agent, chapter: invocation.chapter) + senderCharges
            terms.backpressure = refused.contains(invocation.priority) ? backpressure : nil
            if let settings = debounce(of: decision.rule) {
                let level = alerts.level(agent: invocation.agent, chapter: invocation.chapter)
                do throws(DebounceKey.Problem) {
                    terms.window = DebounceWindow.Terms(
                        key: DebounceKey.within(
                            RunPlace(event), try DebounceKey.render(settings.key, event: event, json: json)),
                        window: level.debounce(settings.window),
                        maxWait: settings.maxWait)
                } catch {
                    decision.reasons.append("warning: not debounced: \(error.reason)")
                }
            }
            decision.terms = terms
            return decision
        }
    }

    /// Why an agent that was decided on earlier is not started now; nil if it may be.
    package func refusal(of agent: String) -> Decision? {
        guard snapshot.agent(agent) == nil else { return nil }
        return Decision(
            rule: "", agent: agent, outcome: .unrouted, reasons: ["the codex no longer has agent \(agent)"])
    }

    /// A rule is named by its place: `agents/ranger#0`. A schedule says itself how often it fires.
    private func debounce(of rule: String) -> DebounceSettings? {
        let parts = rule.split(separator: "#", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].hasPrefix("agents/"), let index = Int(parts[1]),
            let triggers = snapshot.agent(String(parts[0].dropFirst("agents/".count)))?.triggers,
            triggers.indices.contains(index)
        else { return snapshot.guild.defaults.debounce }
        let trigger = triggers[index]
        return trigger.debounce ?? (trigger.kind == .cron ? nil : snapshot.guild.defaults.debounce)
    }
}
