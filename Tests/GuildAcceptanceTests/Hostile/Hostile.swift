import Foundation
import Testing

/// Attacks by whoever may push, hand over a repository, or stand behind the output: tried with the built binary.
@Suite(.serialized, .timeLimit(.minutes(10))) enum Hostile {
    /// `make soak` does more of everything.
    static let isSoaking = ProcessInfo.processInfo.environment["GUILD_SOAK"] == "1"
}
