import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import GuildRuntime
import Logging

extension Deployment {
    /// Meets the secrets of a commit that is about to be accepted.
    ///
    /// - Parameter trustee: whose word counts, unless `--trust-codex` was said.
    func meetSecrets(of snapshot: CodexSnapshot, on trustee: SecretTrustee, actor: String)
        async throws
    {
        let (trusted, waiting) = try await ledger.secrets.meet(
            snapshot.secretPairs, of: snapshot.commit, on: trustsCodex ? .codex : trustee,
            actor: trustsCodex ? user : actor, now: time.now)
        if trustee == .run, !trusted.isEmpty {
            let count = "\(trusted.count) secret\(trusted.count == 1 ? "" : "s")"
            remark(
                "nobody has served this codex yet, so you trust the \(count) it names: guild registry trust lists them")
        }
        guard !waiting.isEmpty else { return }
        logger.warning(
            "secrets are not used: an operator must trust them first",
            metadata: [
                "commit": "\(snapshot.commit)",
                "secrets": "\(waiting.map(\.description).joined(separator: ", "))",
                "hint": "guild registry trust",
            ])
    }

    /// Logs the missing secrets of a commit, with their uses.
    ///
    /// - Parameter said: those that were logged before.
    func warnOfMissingSecrets(of snapshot: CodexSnapshot, but said: Set<SecretReference> = []) {
        let uses = Dictionary(grouping: snapshot.secretPairs, by: \.reference)
        for reference in snapshot.secretReferences.subtracting(said).sorted(by: { "\($0)" < "\($1)" }) {
            guard let failure = secrets.localAbsence(of: reference) else { continue }
            let purposes = (uses["\(reference)"] ?? []).map(\.use.purpose).joined(separator: ", ")
            logger.warning(
                "a secret is missing",
                metadata: [
                    "reason": "\(failure.message)", "needed": "\(purposes)", "hint": "\(failure.hint ?? "")",
                ])
        }
    }

    /// The secrets that only webhooks are verified with. A gateway that listens says itself which of them are missing, and
    /// what follows for their endpoints.
    func webhookSecrets(of snapshot: CodexSnapshot) -> Set<SecretReference> {
        let others = Set(snapshot.secretPairs.filter { $0.use.kind != .verify }.map(\.reference))
        let taken = snapshot.endpoints.filter { connectors.systems.source(of: $0) != nil }
        return Set(taken.flatMap(\.authentication.secrets)).filter { !others.contains("\($0)") }
    }

    /// The endpoints of the accepted head that lack a secret, as of the last seconds: anybody may ask, and every answer
    /// reads files.
    func endpointsLackingSecrets() -> [EndpointSecrets] {
        let head = codex.head
        return lackingSecrets.value(of: head.commit, now: time.now) {
            EndpointSecrets.lacking(in: head, connectors.systems, absence: secrets.localAbsence(of:for:))
        }
    }

    /// The secrets that a run of `agent` would use without trust. With replayed answers, trust in the tools' secrets is
    /// checked when a tool uses them: most recordings call none.
    func untrusted(for agent: AgentManifest, _ options: RunOptions, isReplayed: Bool) async throws
        -> [SecretPair]
    {
        let head = codex.head
        var pairs: [SecretPair] = []
        // The run itself reports a model that cannot be chosen, and a fallback is reported when it is used.
        let models = try? ModelSelection.candidates(for: agent, override: options.model, in: asked)
        let entry = models?.first?.entry
        let isReplayed = isReplayed || entry?.vendor == .replay
        if !isReplayed, let entry, let reference = entry.apiKey {
            pairs.append(SecretPair(reference: reference.description, use: entry.secretUse))
        }
        for connector in isReplayed ? [] : head.connectors {
            let names = CodexAccess.catalogue.operations.map(\.name).filter { $0.hasPrefix(connector.system + ".") }
            let isUsed = agent.tools.contains { rule in
                rule.autonomy != .deny && names.contains { rule.glob.matches($0) }
            }
            guard isUsed, let reference = connector.connection.authentication?.secret else { continue }
            pairs.append(SecretPair(reference: reference.description, use: connector.secretUse))
        }
        var seen: Set<SecretPair> = []
        var untrusted: [SecretPair] = []
        for pair in pairs where seen.insert(pair).inserted {
            if try await ledger.secrets.state(of: pair) != .trusted { untrusted.append(pair) }
        }
        return untrusted
    }

    /// The secrets of the accepted head that wait for an operator.
    func waitingSecrets(among standings: [SecretStanding]) -> [SecretPair] {
        let trusted = Set(standings.filter { $0.state == .trusted }.map(\.pair))
        return codex.head.secretPairs.filter { !trusted.contains($0) }
    }
}
