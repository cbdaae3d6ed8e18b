package import GuildCodex

/// The codexes in which a command of an operator finds the agent or schedule that it names.
///
/// First that in force, so that what runs can be stopped whatever HEAD holds; then that of the settings, for what is not
/// accepted yet. A revision or files that the settings name explicitly come first.
package struct OperatedCodex: Sendable {
    private let first: CodexSnapshot
    /// Nil if it is the first.
    private let second: CodexSnapshot?

    /// - Parameters:
    ///   - inForce: the accepted commit.
    ///   - asked: that of the settings; may be the same.
    ///   - isAtHead: whether the settings mean the checked-out commit.
    package init(inForce: CodexSnapshot, asked: CodexSnapshot, isAtHead: Bool) {
        first = isAtHead ? inForce : asked
        second = inForce.commit == asked.commit ? nil : isAtHead ? asked : inForce
    }

    /// The result of `find` in the first codex that has it, and that codex.
    ///
    /// - Throws: what `find` throws for the first codex, if none has it.
    package func find<Value>(
        _ find: (CodexSnapshot) throws -> Value
    ) throws -> (value: Value, snapshot: CodexSnapshot) {
        do {
            return (try find(first), first)
        } catch let problem {
            guard let second else { throw problem }
            do { return (try find(second), second) } catch { throw problem }
        }
    }
}
