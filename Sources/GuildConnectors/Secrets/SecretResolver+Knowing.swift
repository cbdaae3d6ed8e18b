package import GuildCodex
package import GuildDomain
import Synchronization

extension SecretResolver {
    /// Gives the redactor the current values of the codex's local references (`env://`, `file://`), so that a secret is
    /// masked in an agent's input before anything has used it. Once for each commit; nothing is sent anywhere.
    package func know(secretsOf snapshot: CodexSnapshot) {
        let isNew = knownCommit.withLock { known in
            defer { known = snapshot.commit }
            return known != snapshot.commit
        }
        guard isNew else { return }
        for reference in snapshot.secretReferences {
            switch reference {
            case .environment(let name):
                if let value = environment(name) { redactor.learn(Secret(line: Array(value.utf8))) }
            case .file(let path):
                // One that cannot be read cannot be repeated either; its use will say why.
                if let file = try? SecretFile.read(path, for: reference),
                    file.secret.bytes.count <= Self.largestSecretBytes
                {
                    redactor.learn(file.secret)
                }
            case .vault: break  // Known from its first use on: asking for it here would be a request.
            }
        }
    }
}

extension Event {
    /// The event as it is stored: without secrets of ours that somebody has put into its payload.
    package func masked(by secrets: SecretResolver, _ snapshot: CodexSnapshot) -> Event {
        secrets.know(secretsOf: snapshot)
        var event = self
        event.payload = secrets.redactor.maskedData(json: payload)
        return event
    }
}
