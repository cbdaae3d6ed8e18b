import Glibc
import GuildDomain

extension ListenAddress {
    /// Refuses an address that cannot be bound, before anything is begun for a listener there: somebody else listens, or
    /// this user may not. Another process may still take it before the listener does.
    ///
    /// A host name that cannot be resolved is left to the listener.
    package func requireFree() throws(ListenFailure) {
        guard port != 0 else { return }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let first = found?.pointee else { return }
        defer { freeaddrinfo(found) }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(first.ai_family, kind, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // As the listener's own: the remains of closed connections are no obstacle.
        var isReused: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, first.ai_addr, first.ai_addrlen) != 0 else { return }
        throw .cannotBind(address: self, reason: SystemError.words(errno))
    }
}
