import CLibCurl
import Foundation

/// The functions that curl calls on the client's thread. C functions capture nothing: the last argument is the
/// `HTTPTransfer`.
enum CurlCallback {
    typealias Data = @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int

    static let header: Data = { bytes, size, count, me in
        guard let transfer = HTTPTransfer.at(me) else { return -1 }
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return transfer.receiveHeaderLine(line) ? line.count : -1
    }

    static let body: Data = { bytes, size, count, me in
        guard let transfer = HTTPTransfer.at(me) else { return -1 }
        return transfer.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }

    static let progress:
        @convention(c) (UnsafeMutableRawPointer?, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> Int32 = {
            me, _, _, _, sent in
            HTTPTransfer.at(me)?.noteSent(sent)
            return 0
        }

    static let beforeRequest:
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?, Int32, Int32
        ) -> Int32 = { me, address, _, _, _ in
            guard let transfer = HTTPTransfer.at(me) else { return CURL_PREREQFUNC_ABORT }
            let text = address.map { String(cString: $0) } ?? ""
            return transfer.mayUse(connectionTo: text) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }

    /// Opens the socket if the policy allows it; closed on exec, unlike curl's own.
    static let openSocket:
        @convention(c) (
            UnsafeMutableRawPointer?, curlsocktype, UnsafeMutablePointer<curl_sockaddr>?
        ) -> curl_socket_t = { me, _, address in
            guard let transfer = HTTPTransfer.at(me), let address,
                transfer.mayConnect(to: IPAddress(socketAddress: address))
            else { return -1 }
            let kind = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
            return socket(address.pointee.family, kind, address.pointee.protocol)
        }
}

extension HTTPTransfer {
    static func at(_ pointer: UnsafeMutableRawPointer?) -> HTTPTransfer? {
        pointer.map { Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension IPAddress {
    /// curl's structure ends in a `sockaddr` that has room for any family.
    fileprivate init?(socketAddress: UnsafeMutablePointer<curl_sockaddr>) {
        let (offset, size): (Int?, Int)
        switch socketAddress.pointee.family {
        case AF_INET: (offset, size) = (MemoryLayout<sockaddr_in>.offset(of: \.sin_addr), 4)
        case AF_INET6: (offset, size) = (MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr), 16)
        default: return nil
        }
        guard let start = MemoryLayout<curl_sockaddr>.offset(of: \.addr), let offset,
            offset + size <= Int(socketAddress.pointee.addrlen)
        else { return nil }
        self.init(bytes: UnsafeRawBufferPointer(start: UnsafeRawPointer(socketAddress) + start + offset, count: size))
    }
}
