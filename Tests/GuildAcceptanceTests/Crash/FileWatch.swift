import CLinux
import Foundation
import GuildDomain

/// Counts the writes to one file, as the kernel tells of them.
final class FileWatch: Sendable {
    private let descriptor: Int32
    private let name: [UInt8]

    /// A wait that no write ends fails after this long.
    private static let limitMilliseconds: Int32 = 60_000
    private static let silenceMilliseconds: Int32 = 200
    private static let endMilliseconds: Int32 = 2000

    init(_ path: String) throws {
        let url = URL(fileURLWithPath: path)
        name = Array(url.lastPathComponent.utf8)
        descriptor = guild_linux_inotify()
        guard descriptor >= 0,
            inotify_add_watch(descriptor, url.deletingLastPathComponent().path, UInt32(IN_MODIFY)) >= 0
        else { throw Failure(.unavailable, "cannot watch \(path): \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Blocks until the file was written to `count` times since the last wait, or since the watch began.
    func wait(writes count: Int) throws {
        let seen = try writes(atLeast: count, silence: Self.limitMilliseconds)
        guard seen >= count else { throw Failure(.unavailable, "\(seen) of \(count) writes came, then none") }
    }

    /// Blocks until the file was written to `count` times, or until it is clear that no more come.
    ///
    /// - Returns: how often it was.
    func wait(upTo count: Int) throws -> Int { try writes(atLeast: count, silence: Self.endMilliseconds) }

    /// Blocks until the next write, or until it is clear that there is none to wait for.
    ///
    /// - Returns: whether there was one.
    func waitForWriteOrSilence() throws -> Bool { try writes(atLeast: 1, silence: Self.silenceMilliseconds) > 0 }

    private func writes(atLeast count: Int, silence: Int32) throws -> Int {
        var seen = 0
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while seen < count {
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&polled, 1, silence)
            if ready < 0 && errno == EINTR { continue }
            guard ready > 0 else { return seen }
            let length = read(descriptor, &buffer, buffer.count)
            if length > 0 { seen += mentions(in: buffer[..<length]) }
        }
        return seen
    }

    /// An `inotify_event` is 16 bytes, the last four the name's length, and a name padded with zeros.
    private func mentions(in events: ArraySlice<UInt8>) -> Int {
        var (count, rest) = (0, events)
        while rest.count >= 16 {
            let length = rest.dropFirst(12).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            if rest.dropFirst(16).prefix(length).prefix(while: { $0 != 0 }).elementsEqual(name) { count += 1 }
            rest = rest.dropFirst(16 + length)
        }
        return count
    }
}
