import Foundation
import GuildCodex
import GuildDomain

/// A secret in a file of its own, as Docker and Kubernetes mount them.
struct SecretFile {
    let secret: Secret
    let isReadableByOthers: Bool

    /// Reads a regular file, or a link to one; one line end at the end is not part of the secret.
    static func read(_ path: String, for reference: SecretReference) throws(SecretFailure) -> SecretFile {
        // Not blocking, because opening a pipe without a writer would never return.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SecretFailure(reference, .unreadable(SystemError.words(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw SecretFailure(reference, .unreadable(SystemError.words(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SecretFailure(reference, .unreadable("it is not a regular file"))
        }
        let bytes = try contents(of: descriptor, for: reference)
        return SecretFile(secret: Secret(line: bytes), isReadableByOthers: status.st_mode & S_IROTH != 0)
    }

    /// Ignores the size that the file system reports: it may be wrong for files that a kernel or FUSE generates.
    private static func contents(of descriptor: Int32, for reference: SecretReference) throws(SecretFailure) -> [UInt8]
    {
        let limit = SecretResolver.largestSecretBytes
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count < 0 {
                guard errno == EINTR else {
                    throw SecretFailure(reference, .unreadable(SystemError.words(errno)))
                }
                continue
            }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            // A line end beyond the limit is not part of the secret.
            guard bytes.count <= limit + 2 else { throw SecretFailure(reference, .tooLarge(limitBytes: limit)) }
        }
    }
}
