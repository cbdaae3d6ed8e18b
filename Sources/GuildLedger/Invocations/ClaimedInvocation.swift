package import GuildDomain

/// An invocation that this worker now owns.
package struct ClaimedInvocation: Sendable {
    package let invocation: Invocation
    package let options: JSONValue
}
