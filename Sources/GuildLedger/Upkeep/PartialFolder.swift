import Foundation
import GuildDomain

/// A folder under construction beside its final place. Its own lock shows whether a process is working in it; a folder
/// without one was left by a crash, and is taken over.
final class PartialFolder: Sendable {
    let path: String
    private let lock: FileLock

    private init(path: String, lock: consuming FileLock) {
        self.path = path
        self.lock = lock
    }

    /// - Throws: `BackupFailure` where `folder` is there, its parent is not, or another is at work.
    static func begin(for folder: String) throws -> PartialFolder {
        let parent = (folder as NSString).deletingLastPathComponent
        var status = stat()
        guard stat(parent, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw BackupFailure.noFolder(path: folder)
        }
        // Checked again below, because it may appear meanwhile.
        guard !DurableFile.exists(folder) else { throw BackupFailure.exists(path: folder) }
        let path = folder + ".partial"
        if mkdir(path, 0o700) != 0 {
            guard errno == EEXIST else {
                throw BackupFailure.notWritten(path: folder, reason: SystemError.words(errno))
            }
            try DurableFile.requireFolder(path)
        }
        let lock = try FileLock(existing: path)
        guard lock.tryLock() else { throw BackupFailure.busy(path: folder) }
        // The previous holder of the lock may have finished in the meantime.
        guard !DurableFile.exists(folder) else {
            // We hold its lock, so nobody is working in it.
            try? FileManager.default.removeItem(atPath: path)
            throw BackupFailure.exists(path: folder)
        }
        guard DurableFile.exists(path) else { throw BackupFailure.busy(path: folder) }
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
        return PartialFolder(path: path, lock: lock)
    }

    /// Gives the folder its name, in one step.
    func publish(as folder: String) throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            var status = stat()
            guard stat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { continue }
            try BodyStore.sync(folder: "\(path)/\(name)")
        }
        try BodyStore.sync(folder: path)
        guard !DurableFile.exists(folder) else { throw BackupFailure.exists(path: folder) }
        try DurableFile.move(path, to: folder)
    }

    func discard() {
        // The next backup into the same folder takes over anything that cannot be removed.
        try? FileManager.default.removeItem(atPath: path)
    }
}
