import Foundation
import GuildDomain

/// One accepted connection, on a thread of its own.
struct RawServerConnection {
    /// A larger request ends the connection.
    private static let largestRequestBytes = 64 << 20

    let descriptor: Int32
    let number: Int
    let core: RawServerCore

    /// What became of a step.
    private enum Progress { case done, ended, endedByPeer, reset }

    func serve() {
        var noDelay: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
        var progress = take(core.greeting)
        var buffer: [UInt8] = []
        while progress == .done {
            switch readRequest(&buffer) {
            case .success(let request):
                core.note { $0.requests.append(request) }
                progress = take(core.script(request))
            case .failure(let end):
                progress = end.byPeer ? .endedByPeer : .ended
            }
        }
        // A child that was just spawned may have inherited the descriptor, so that closing alone would not end it.
        if progress != .reset { shutdown(descriptor, Int32(SHUT_RDWR)) }
        close(descriptor)
        if progress == .endedByPeer { core.note { $0.closedByPeer += 1 } }
    }

    // MARK: Steps

    private func take(_ steps: [RawServer.Step]) -> Progress {
        for step in steps {
            let progress =
                switch step {
                case .send(let bytes): send(bytes)
                case .waitUntilReleased(let gate): wait(for: gate)
                case .stallForever: wait(for: nil)
                case .close: Progress.ended
                case .reset: reset()
                }
            guard progress == .done else { return progress }
        }
        return .done
    }

    private func send(_ bytes: [UInt8]) -> Progress {
        var sent = 0
        while sent < bytes.count {
            guard Self.isReady(descriptor, for: POLLOUT, unless: core.stopGate) else { return .ended }
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(
                    descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count < 0, errno != EAGAIN, errno != EINTR { return .endedByPeer }
            sent += max(0, count)
            core.note { $0.sentBytes += max(0, count) }
        }
        return .done
    }

    private func wait(for gate: RawServerGate?) -> Progress {
        var polled = [
            pollfd(fd: descriptor, events: Self.peerClosed, revents: 0),
            pollfd(fd: core.stopGate.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        if let gate { polled.append(pollfd(fd: gate.descriptor, events: Int16(POLLIN), revents: 0)) }
        while poll(&polled, nfds_t(polled.count), -1) < 0 && errno == EINTR {}
        if polled[1].revents != 0 { return .ended }
        if polled[0].revents != 0 { return .endedByPeer }
        return .done
    }

    private func reset() -> Progress {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        return .reset
    }

    /// POLLRDHUP, which is not imported.
    private static let peerClosed: Int16 = 0x2000

    /// - Returns: false once the gate is open.
    static func isReady(_ descriptor: Int32, for events: Int32, unless gate: RawServerGate) -> Bool {
        var polled = [
            pollfd(fd: descriptor, events: Int16(events), revents: 0),
            pollfd(fd: gate.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&polled, 2, -1) < 0 && errno == EINTR {}
        return polled[1].revents == 0
    }

    // MARK: Requests

    private struct End: Error { let byPeer: Bool }

    private func readRequest(_ buffer: inout [UInt8]) -> Result<RawServer.Request, End> {
        while true {
            if let (request, size) = Self.parse(buffer, connection: number) {
                buffer.removeFirst(size)
                return .success(request)
            }
            guard buffer.count < Self.largestRequestBytes,
                Self.isReady(descriptor, for: POLLIN, unless: core.stopGate)
            else { return .failure(End(byPeer: false)) }
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return .failure(End(byPeer: true)) }
            buffer += bytes.prefix(count)
        }
    }

    /// - Returns: the request at the start of the bytes with its length, or nil while it is not complete.
    private static func parse(_ bytes: [UInt8], connection: Int) -> (RawServer.Request, Int)? {
        let blank = Array("\r\n\r\n".utf8)
        guard let headEnd = bytes.indices.first(where: { bytes[$0...].starts(with: blank) }) else { return nil }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        var headers = Headers()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            headers.append(String(parts[0]), parts.count == 2 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
        let start = headEnd + blank.count
        guard let (body, size) = body(bytes[start...], headers: headers) else { return nil }
        let request = RawServer.Request(
            method: String(words.first ?? ""), target: words.count > 1 ? String(words[1]) : "", headers: headers,
            body: body, connection: connection)
        return (request, start + size)
    }

    private static func body(_ rest: ArraySlice<UInt8>, headers: Headers) -> (bytes: [UInt8], size: Int)? {
        guard headers["Transfer-Encoding"] == nil else { return chunkedBody(rest) }
        let length = max(0, headers["Content-Length"].flatMap { Int($0) } ?? 0)
        return rest.count < length ? nil : (Array(rest.prefix(length)), length)
    }

    /// Without trailers.
    private static func chunkedBody(_ rest: ArraySlice<UInt8>) -> (bytes: [UInt8], size: Int)? {
        var (body, left) = ([UInt8](), rest)
        while let lineEnd = left.firstIndex(of: 0x0A) {
            let line = String(decoding: left[..<lineEnd], as: UTF8.self).prefix { $0 != ";" && $0 != "\r" }
            let size = max(0, Int(line, radix: 16) ?? 0)
            left = left[(lineEnd + 1)...]
            guard left.count >= 2, left.count - 2 >= size else { return nil }
            body += left.prefix(size)
            left = left.dropFirst(size + 2)
            if size == 0 { return (body, rest.count - left.count) }
        }
        return nil
    }
}
