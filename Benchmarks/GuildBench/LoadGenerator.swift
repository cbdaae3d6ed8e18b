import Foundation
import GuildDomain

/// Sends deliveries over kept connections, one at a time on each, from one thread that waits with `poll`.
struct LoadGenerator {
    private static let answerTimeoutMilliseconds: Int32 = 30_000

    let port: UInt16
    let path: String
    let connections: Int
    let deliveries: Deliveries

    /// Sends for that long, or until `limit` have been sent, and waits for the answers.
    func run(seconds: Double, limit: Int = .max) throws -> LoadResult {
        var lanes = try (0..<connections).map { _ in
            LoadConnection(
                socket: try Self.connect(port: port), request: deliveries.template(path: path))
        }
        defer { for lane in lanes { close(lane.socket) } }
        var result = LoadResult()
        let start = MonotonicClock.now
        let end = start + UInt64(seconds * 1e9)
        var sent = 0
        for index in lanes.indices where sent < limit {
            if try lanes[index].send(from: deliveries) { sent += 1 }
        }
        while lanes.contains(where: \.isWaiting) {
            var polls = lanes.map { pollfd(fd: $0.isWaiting ? $0.socket : -1, events: Int16(POLLIN), revents: 0) }
            guard poll(&polls, nfds_t(polls.count), Self.answerTimeoutMilliseconds) > 0 else {
                throw Failure(.failed, "no answer on port \(port) within 30 s")
            }
            for index in polls.indices where polls[index].revents != 0 {
                guard let status = try lanes[index].receive() else { continue }
                let now = MonotonicClock.now
                result.take(status: status, nanoseconds: now - lanes[index].sentAt)
                if now < end, sent < limit, try lanes[index].send(from: deliveries) { sent += 1 }
            }
        }
        result.seconds = Double(MonotonicClock.now - start) / 1e9
        return result
    }

    /// A blocking socket: a request fits into its buffer, and it is read only when there is something to read.
    private static func connect(port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(.unavailable, "no socket: \(String(cString: strerror(errno)))") }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            close(descriptor)
            throw Failure(.unavailable, "cannot connect to 127.0.0.1:\(port): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }
}

/// One connection and what it waits for.
private struct LoadConnection {
    let socket: Int32
    var request: RequestTemplate
    private(set) var sentAt: UInt64 = 0
    private(set) var isWaiting = false
    private var answer: [UInt8] = []

    private static let pieceBytes = 16 << 10

    init(socket: Int32, request: RequestTemplate) {
        self.socket = socket
        self.request = request
    }

    /// - Returns: false when no delivery was ready.
    mutating func send(from deliveries: Deliveries) throws -> Bool {
        guard deliveries.fill(&request) else { return false }
        sentAt = MonotonicClock.now
        answer.removeAll(keepingCapacity: true)
        isWaiting = true
        var offset = 0
        while offset < request.bytes.count {
            let count = request.bytes[offset...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(.failed, "cannot send: \(String(cString: strerror(errno)))") }
            offset += count
        }
        return true
    }

    /// - Returns: the status when the answer is whole.
    mutating func receive() throws -> Int? {
        let count = withUnsafeTemporaryAllocation(byteCount: Self.pieceBytes, alignment: 1) { buffer in
            let count = recv(socket, buffer.baseAddress, buffer.count, 0)
            if count > 0 { answer.append(contentsOf: buffer[..<count]) }
            return count
        }
        guard count > 0 else { throw Failure(.failed, "the server closed a connection in the middle of an answer") }
        guard let status = Self.status(of: answer) else { return nil }
        isWaiting = false
        return status
    }

    /// - Returns: nil while the head or the body that its length announces is not whole.
    private static func status(of answer: [UInt8]) -> Int? {
        let lineEnd = UInt8(ascii: "\n")
        var length = 0
        var status = 0
        var rest = answer[...]
        while let end = rest.firstIndex(of: lineEnd) {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if status == 0 {
                status = number(in: line.drop { $0 != UInt8(ascii: " ") })
            } else if line.count <= 1 {
                return rest.count >= length ? status : nil
            } else if isLength(line) {
                length = number(in: line.dropFirst(lengthField.count))
            }
        }
        return nil
    }

    private static let lengthField = Array("content-length:".utf8)

    private static func isLength(_ line: ArraySlice<UInt8>) -> Bool {
        line.count > lengthField.count && zip(line, lengthField).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }

    /// The number after the spaces at the beginning.
    private static func number(in text: ArraySlice<UInt8>) -> Int {
        text.drop { $0 == UInt8(ascii: " ") }.prefix { (0x30...0x39).contains($0) }
            .reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}

/// Nanoseconds of a clock that is never set.
enum MonotonicClock {
    static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }
}
