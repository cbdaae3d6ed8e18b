/// The kinds of change that a component sleeps for. A commit raises the topics that follow from what it wrote
/// (`TopicRules`).
package enum Topic: Int, CaseIterable, Sendable {
    /// Events wait for their decision.
    case inbound
    /// Runs wait for an executor, or may have become free to run.
    case invocations
    /// Actions wait to be done.
    case actions
    /// Something ended, or waits for something else: for those who watch.
    case outcomes
    /// Schedules were paused or resumed, or a budget that catching up depends on has changed.
    case schedules
    /// Somebody asked for a run's cancellation.
    case cancellations
    /// Another commit of the codex was accepted, refused or loaded.
    case codex
    /// The audit log may be longer.
    case audit
}

/// A set of topics.
struct TopicSet: OptionSet, Sendable {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }

    init(_ topic: Topic) { self.init(rawValue: 1 << UInt16(topic.rawValue)) }

    static let inbound = Self(.inbound)
    static let invocations = Self(.invocations)
    static let actions = Self(.actions)
    static let outcomes = Self(.outcomes)
    static let schedules = Self(.schedules)
    static let cancellations = Self(.cancellations)
    static let codex = Self(.codex)
    static let audit = Self(.audit)
    static let all = Self(rawValue: .max)

    var topics: [Topic] { Topic.allCases.filter { contains(TopicSet($0)) } }
}
