/// Which addresses an exchange may connect to.
///
/// It is asked about the address itself as the socket is opened, and again when a kept connection is used, so a host
/// name whose answer changes between check and use (DNS rebinding) gains nothing. Through a proxy only a literal
/// address in the URL can be checked: the proxy resolves names, and its operator answers for them.
package struct AddressPolicy: Sendable {
    /// Nil allows everything, without a question for each connection.
    private let decide: (@Sendable (IPAddress) -> Bool)?

    /// A policy of one's own; it is called on the client's thread and must be quick.
    package init(_ decide: @escaping @Sendable (IPAddress) -> Bool) { self.decide = decide }

    private init() { decide = nil }

    /// Allows every address.
    package static let any = AddressPolicy()

    /// Refuses loopback, private, link-local and other special ranges: for URLs that come from outside.
    package static let publicOnly = AddressPolicy { $0.isPublic }

    /// An address that could not be read (nil) is refused by any policy but `any`.
    func allows(_ address: IPAddress?) -> Bool {
        guard let decide else { return true }
        return address.map(decide) ?? false
    }
}
