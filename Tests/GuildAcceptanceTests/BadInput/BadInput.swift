import GuildTestSupport
import Testing

/// What goes wrong, tried with the built binaries: every refusal has its exit status, and says where, what, and what to
/// do next.
@Suite(.serialized, .timeLimit(.minutes(10))) enum BadInput {}

/// Checks how a refused command ended and that its words are on standard error: the place, the problem, the next step.
func expectRefusal(
    _ finished: ChildProcess.Finished, _ status: Int32, _ words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(finished.status == status, "\(finished.errors)", sourceLocation: sourceLocation)
    for word in words {
        #expect(
            finished.errors.contains(word), "no '\(word)' in: \(finished.errors)", sourceLocation: sourceLocation)
    }
}
