import Synchronization

/// Wake-ups by the write-ahead log of an SQLite file. If the kernel gives no more watches, there are none, and the slow
/// recheck of each component finds the commits.
final class LogWakeUps: WakeUps {
    private let path: String
    private let watcher = Mutex<WriteWatcher?>(nil)

    /// - Parameter path: of the write-ahead log.
    init(path: String) { self.path = path }

    func begin(_ woken: @escaping @Sendable () -> Void) {
        watcher.withLock { watcher in
            if watcher == nil { watcher = WriteWatcher(path: path, onWrite: woken) }
        }
    }

    func arm() { watcher.withLock { $0?.arm() } }

    func lastWrite(isOurs: Bool) { watcher.withLock { $0?.lastWrite(isOurs: isOurs) } }

    func end() {
        watcher.withLock { watcher in
            watcher?.stop()
            watcher = nil
        }
    }
}
