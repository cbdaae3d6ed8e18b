/// An event that waits for the dispatcher.
package struct InboundMessage: Sendable {
    package let seq: Int64
    package let event: Event
    /// The tokens that everything caused by the event's root has used so far.
    package let rootTokens: Int64
    /// Why its payload cannot be read; nil for a whole one. It is decided as invalid, and blocks nothing behind it.
    package var damage: String?

    package init(seq: Int64, event: Event, rootTokens: Int64) {
        self.seq = seq
        self.event = event
        self.rootTokens = rootTokens
    }
}
