import CLinux
import Foundation

/// Notices that the ref behind a revision may have changed: a push, a commit, a branch switch, a fetch, `git
/// pack-refs`.
///
/// One thread sleeps in `poll` on inotify and costs nothing while nobody writes. Git replaces refs by renaming a lock
/// file, so the watcher watches folders and not files. It awaits a missing folder in the folders above it, and computes
/// the set of folders again after each event, because `HEAD` may now point elsewhere. The caller finds out what has
/// changed, if anything. Git's `refs/guild/` is not watched.
package final class ReferenceWatcher: Sendable {
    /// Shared with the thread, so that neither side uses a descriptor that the other has closed.
    private final class Descriptors: Sendable {
        let inotify = guild_linux_inotify()
        let stopEvent = guild_linux_eventfd()
        let lookEvent = guild_linux_eventfd()

        deinit {
            if inotify >= 0 { close(inotify) }
            if stopEvent >= 0 { close(stopEvent) }
            if lookEvent >= 0 { close(lookEvent) }
        }
    }

    private let descriptors = Descriptors()

    private static let mask = UInt32(
        IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)
    /// How often a repository that is gone (it is being replaced) is looked for.
    private static let absentRecheckMilliseconds: Int32 = 100

    /// - Parameter onChange: called on the watcher's thread; once at the start, when the watches are set.
    /// - Returns: nil if the kernel gives no inotify.
    package init?(
        _ repository: CodexRepository, revision: String, onChange: @escaping @Sendable () -> Void
    ) {
        guard descriptors.inotify >= 0, descriptors.stopEvent >= 0, descriptors.lookEvent >= 0 else { return nil }
        let thread = Thread { [descriptors] in
            Self.loop(
                descriptors, { repository.references.folders(of: revision) + repository.linkFolders },
                { repository.gitDirectory }, onChange)
        }
        // The folders are others now.
        repository.whenMoved { [descriptors] in
            var one: UInt64 = 1
            write(descriptors.lookEvent, &one, 8)
        }
        thread.name = "guild.codex.watch"
        thread.stackSize = 512 << 10
        thread.start()
    }

    deinit { stop() }

    /// Ends the thread.
    package func stop() {
        var one: UInt64 = 1
        write(descriptors.stopEvent, &one, 8)
    }

    private static func loop(
        _ descriptors: Descriptors, _ folders: () -> [String], _ root: () -> String,
        _ onChange: @Sendable () -> Void
    ) {
        var watched: Set<Int32> = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        var isChanged = true
        while true {
            let isAbsent = access(root(), F_OK) != 0
            if isChanged {
                watch(folders(), on: descriptors.inotify, &watched)
                onChange()
            }
            var polled = [
                pollfd(fd: descriptors.inotify, events: Int16(POLLIN), revents: 0),
                pollfd(fd: descriptors.stopEvent, events: Int16(POLLIN), revents: 0),
                pollfd(fd: descriptors.lookEvent, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&polled, 3, isAbsent ? absentRecheckMilliseconds : -1)
            guard ready >= 0 || errno == EINTR else { return }
            if ready > 0, polled[1].revents != 0 { return }
            isChanged = isAbsent
            if ready > 0, polled[2].revents != 0 {
                var count: UInt64 = 0
                isChanged = read(descriptors.lookEvent, &count, 8) > 0 || isChanged
            }
            guard ready > 0, polled[0].revents != 0 else { continue }
            let count = read(descriptors.inotify, &buffer, buffer.count)
            guard count > 0 || errno == EINTR else { return }
            if count > 0, matters(buffer[..<count]) { isChanged = true }
        }
    }

    /// Adding the same folder again gives the same watch; one that was replaced gives a new one.
    private static func watch(_ folders: [String], on inotify: Int32, _ watched: inout Set<Int32>) {
        var current: Set<Int32> = []
        for folder in folders {
            let watch = inotify_add_watch(inotify, folder, mask | UInt32(IN_ONLYDIR))
            if watch >= 0 { current.insert(watch) }
        }
        for old in watched.subtracting(current) { inotify_rm_watch(inotify, old) }
        watched = current
    }

    /// Lock files come before every change and say nothing. An event without a name is about the folder itself, and an
    /// overflow of the kernel's queue may have swallowed anything.
    private static func matters(_ events: ArraySlice<UInt8>) -> Bool {
        func word(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
        var rest = events
        while rest.count >= 16 {
            let mask = word(rest.dropFirst(4).prefix(4))
            let length = Int(word(rest.dropFirst(12).prefix(4)))
            let name = rest.dropFirst(16).prefix(length).prefix { $0 != 0 }
            // The removal of one of our watches is reported too.
            let isOurs = mask & UInt32(IN_IGNORED) != 0
            if !isOurs, !name.suffix(lockSuffix.count).elementsEqual(lockSuffix) { return true }
            rest = rest.dropFirst(16 + length)
        }
        return false
    }

    private static let lockSuffix = Array(".lock".utf8)
}
