import CLinux
import Foundation
import Synchronization

/// Notices commits of other processes: inotify on the folder of the write-ahead log.
///
/// One thread sleeps in `poll`; it costs nothing while nobody writes. Whether a write was ours or another process's is
/// for the caller to ask (`PRAGMA data_version`), after `arm`: the first write is told, and no other until then, so that
/// a commit of many pages wakes nobody many times.
final class WriteWatcher: Sendable {
    /// Shared with the thread, so that neither side writes to a descriptor that the other has closed.
    private final class Descriptors: Sendable {
        let inotify = guild_linux_inotify()
        let stopEvent = guild_linux_eventfd()
        let pauses = Atomic(false)

        deinit {
            if inotify >= 0 { close(inotify) }
            if stopEvent >= 0 { close(stopEvent) }
        }
    }

    /// While the writes are our own, one of them is told in this time: another process's commit is then noticed that
    /// much later.
    private static let ownWritesPauseMilliseconds: Int32 = 5

    private let descriptors = Descriptors()
    private let folder: String

    /// - Returns: nil if the kernel gives no more watches; the slow recheck then does alone.
    init?(path: String, onWrite: @escaping @Sendable () -> Void) {
        let url = URL(fileURLWithPath: path)
        let name = Array(url.lastPathComponent.utf8)
        folder = url.deletingLastPathComponent().path
        guard descriptors.inotify >= 0, descriptors.stopEvent >= 0, Self.arm(descriptors, folder) else { return nil }
        let thread = Thread { [descriptors, folder] in Self.loop(descriptors, folder, name, onWrite) }
        thread.name = "guild.ledger.watch"
        thread.stackSize = 256 << 10
        thread.start()
    }

    deinit { stop() }

    /// Tells of the next write again.
    func arm() {
        // Losing it is safe: the slow recheck finds what this watch would have told.
        _ = Self.arm(descriptors, folder)
    }

    /// - Parameter isOurs: whether the last write that was told was this process's own.
    func lastWrite(isOurs: Bool) { descriptors.pauses.store(isOurs, ordering: .relaxed) }

    private static func arm(_ descriptors: Descriptors, _ folder: String) -> Bool {
        // The last is IN_ONESHOT, which Swift does not import.
        inotify_add_watch(descriptors.inotify, folder, UInt32(IN_MODIFY) | 0x8000_0000) >= 0
    }

    /// Ends the thread.
    func stop() {
        var one: UInt64 = 1
        write(descriptors.stopEvent, &one, 8)
    }

    /// - Returns: false if the watching has ended.
    private static func pause(_ descriptors: Descriptors) -> Bool {
        guard descriptors.pauses.load(ordering: .relaxed) else { return true }
        var stop = pollfd(fd: descriptors.stopEvent, events: Int16(POLLIN), revents: 0)
        return poll(&stop, 1, ownWritesPauseMilliseconds) == 0
    }

    private static func loop(
        _ descriptors: Descriptors, _ folder: String, _ name: [UInt8], _ onWrite: @Sendable () -> Void
    ) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            var polled = [
                pollfd(fd: descriptors.inotify, events: Int16(POLLIN), revents: 0),
                pollfd(fd: descriptors.stopEvent, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&polled, 2, -1) >= 0 || errno == EINTR else { return }
            if polled[1].revents != 0 { return }
            guard polled[0].revents != 0 else { continue }
            let count = read(descriptors.inotify, &buffer, buffer.count)
            guard count > 0 else {
                if errno == EINTR { continue }
                return
            }
            switch told(of: name, in: buffer[0..<count]) {
            case .write:
                guard pause(descriptors) else { return }
                onWrite()
            // Another file of the folder used the watch up.
            case .otherFile: _ = arm(descriptors, folder)
            case .nothing: break
            }
        }
    }

    private enum Told { case write, otherFile, nothing }

    /// An `inotify_event` is 16 bytes (the second four its mask, the last four the name's length) and a name padded
    /// with zeros. An overflow of the kernel's queue may have swallowed any name.
    private static func told(of name: [UInt8], in events: ArraySlice<UInt8>) -> Told {
        func word(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
        var rest = events
        var told = Told.nothing
        while rest.count >= 16 {
            let mask = word(rest.dropFirst(4).prefix(4))
            if mask & UInt32(IN_Q_OVERFLOW) != 0 { return .write }
            let length = Int(word(rest.dropFirst(12).prefix(4)))
            if rest.dropFirst(16).prefix(length).prefix(while: { $0 != 0 }).elementsEqual(name) { return .write }
            // Only the end of a watch comes without a name.
            if length > 0 { told = .otherFile }
            rest = rest.dropFirst(16 + length)
        }
        return told
    }
}
