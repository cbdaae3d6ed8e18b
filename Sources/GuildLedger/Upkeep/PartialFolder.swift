import Foundation
import GuildDomain

/// A folder under construction beside the place where it will be. Its own lock says whether somebody is at work in it;
/// what nobody is at work in was left by a crash, and is taken over.
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
        // Said again below, of what came meanwhile.
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
        // Whoever held the lock before may have been through in the meantime.
        guard !DurableFile.exists(folder) else {
            // We hold its lock, so nobody is at work in what is there.
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
        // What cannot be removed is taken over by the next backup into the same folder.
        try? FileManager.default.removeItem(atPath: path)
    }
}
