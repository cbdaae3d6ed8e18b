/// An event that waits for the dispatcher.
package struct InboundMessage: Sendable {
    package let seq: Int64
    package let event: Event
    /// The tokens that everything caused by the event's root has used so far.
    package let rootTokens: Int64

    package init(seq: Int64, event: Event, rootTokens: Int64) {
        self.seq = seq
        self.event = event
        self.rootTokens = rootTokens
    }
}
