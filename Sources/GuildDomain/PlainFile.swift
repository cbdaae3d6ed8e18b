package import Foundation

/// Regular files and real folders, opened by their own names in folders that others may write to: never through a
/// symbolic link, and never a FIFO or a device, which somebody may have put there.
package enum PlainFile {
    /// Why a file was not opened.
    package struct Problem: Error, Sendable {
        /// An `errno`; `EINVAL` if it exists but is not our file.
        package let code: Int32
        /// What is wrong, in words.
        package let reason: String

        /// The problem of a failed system call.
        package init(code: Int32) {
            self.code = code
            reason = code == ELOOP ? "it is a symbolic link" : SystemError.words(code)
        }

        /// The problem of a file that is not ours to use.
        package init(notOurs reason: String) {
            code = EINVAL
            self.reason = reason
        }
    }

    /// Opens a file, which must be a regular one.
    ///
    /// - Returns: the descriptor, which the caller closes.
    package static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(Problem) -> Int32 {
        // Not blocking, for a FIFO would wait for its other end; a regular file does not know of it.
        let descriptor = Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode)
        guard descriptor >= 0 else { throw Problem(code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let kind = name(ofKind: status.st_mode)
            close(descriptor)
            throw Problem(notOurs: "it is \(kind), not a file")
        }
        return descriptor
    }

    /// The content of a file.
    ///
    /// - Returns: nil if there is none.
    package static func contents(_ path: String, limitBytes: Int = .max) throws(Problem) -> [UInt8]? {
        let descriptor: Int32
        do throws(Problem) {
            descriptor = try open(path, O_RDONLY)
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk: [UInt8] = [UInt8](repeating: 0, count: chunkBytes)
        while bytes.count < limitBytes {
            let count = read(descriptor, &chunk, min(chunk.count, limitBytes - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Problem(code: errno) }
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    private static let chunkBytes = 256 << 10

    /// Replaces `path` with a complete file, whatever was there: by a new file beside it and a rename.
    package static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o600) throws(Problem) {
        var random = SystemRandomNumberGenerator()
        let temporary = "\(path).\(random.next()).new"
        let descriptor = try open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        guard rest.isEmpty, fchmod(descriptor, mode) == 0, fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            let problem = Problem(code: errno)
            unlink(temporary)
            throw problem
        }
    }

    /// Requires a real folder that belongs to us, to root, or to the owner of its parent folder.
    package static func requireFolder(_ path: String) throws(Problem) {
        var status = stat()
        var parent = stat()
        guard lstat(path, &status) == 0 else { throw Problem(code: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw Problem(notOurs: "it is \(name(ofKind: status.st_mode)), not a folder")
        }
        let folder = (path as NSString).deletingLastPathComponent
        guard stat(folder.isEmpty ? "." : folder, &parent) == 0 else { throw Problem(code: errno) }
        guard [geteuid(), 0, parent.st_uid].contains(status.st_uid) else {
            throw Problem(notOurs: "it belongs to user \(status.st_uid)")
        }
    }

    /// Whether something is there, be it a link that leads nowhere.
    package static func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// `a symbolic link`, `a FIFO`.
    package static func name(ofKind mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFREG: "a file"
        case S_IFDIR: "a folder"
        case S_IFLNK: "a symbolic link"
        case S_IFIFO: "a FIFO"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }
}
