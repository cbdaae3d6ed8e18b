import Foundation
import GuildDomain

/// Reads a folder without following any symbolic link below it, by descriptors, so that nothing swapped in meanwhile
/// can lead outside.
struct FolderReader {
    private var builder: CodexTreeBuilder

    private init(folder: String, limits: CodexLimits, deadline: LoadDeadline) {
        builder = CodexTreeBuilder(folder: folder, limits: limits, deadline: deadline)
    }

    /// - Parameter folder: the name of the folder in messages, below the repository's root.
    static func tree(
        _ path: String, folder: String, limits: CodexLimits
    ) throws(CodexRepositoryError) -> CodexTree {
        let deadline = LoadDeadline(limits.duration)
        var reader = FolderReader(folder: folder, limits: limits, deadline: deadline)
        let tree = try reader.read(path)
        try deadline.check(place: path, revision: "the files")
        return tree
    }

    private mutating func read(_ path: String) throws(CodexRepositoryError) -> CodexTree {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(place: path, detail: Self.reason()) }
        try walk(descriptor, place: path, prefix: "", depth: 0)
        return builder.finished()
    }

    /// Takes over the descriptor.
    private mutating func walk(
        _ descriptor: Int32, place: String, prefix: String, depth: Int
    ) throws(CodexRepositoryError) {
        guard let stream = fdopendir(descriptor) else {
            let detail = Self.reason()
            close(descriptor)
            throw .unreadable(place: place + "/" + prefix, detail: detail)
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            guard builder.admits(entries: 1) else { return }
            guard !name.hasPrefix(".") else { continue }
            try visit(name, in: descriptor, place: place, path: prefix + name, depth: depth)
        }
    }

    private mutating func visit(
        _ name: String, in folder: Int32, place: String, path: String, depth: Int
    ) throws(CodexRepositoryError) {
        let descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ELOOP: builder.ignore(path, "a symbolic link")
            case ENOENT: break
            case ENXIO: builder.ignore(path, "a special file")
            default: throw .unreadable(place: place + "/" + path, detail: Self.reason())
            }
            return
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let detail = Self.reason()
            close(descriptor)
            throw .unreadable(place: place + "/" + path, detail: detail)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR where builder.admitsFolder(path, depth: depth + 1):
            try walk(descriptor, place: place, prefix: path + "/", depth: depth + 1)
            return
        case S_IFREG where builder.admits(path, bytes: Int(status.st_size)):
            builder.add(path, try contents(of: descriptor, size: Int(status.st_size), place: place + "/" + path))
            return
        case S_IFDIR, S_IFREG: break
        default: builder.ignore(path, "a special file")
        }
        close(descriptor)
    }

    /// At most `size` bytes: a file that grows meanwhile cannot pass the limit. Closes the descriptor.
    private func contents(of descriptor: Int32, size: Int, place: String) throws(CodexRepositoryError) -> [UInt8] {
        defer { close(descriptor) }
        var failure: String?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size, let start = buffer.baseAddress {
                let got = Foundation.read(descriptor, start + count, size - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = Self.reason() }
                guard got > 0 else { return }
                count += got
            }
        }
        if let failure { throw .unreadable(place: place, detail: failure) }
        return bytes
    }

    private static func reason() -> String { SystemError.words(errno) }
}
