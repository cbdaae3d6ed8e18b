import Foundation
import GuildDomain

/// Standard output; or a file that is there whole or not at all; or a FIFO or device, written to as it is.
final class ExportDestination {
    /// Nil is standard output.
    private let handle: FileHandle?
    private let path: String?
    /// The file that is renamed in the end; nil if nothing is renamed.
    private let partial: String?
    private var isFinished = false

    private static let hint = "name a file in a folder that you may write to, or - for standard output"

    init(_ place: String) throws(Failure) {
        guard place != "-" else {
            handle = nil
            path = nil
            partial = nil
            return
        }
        path = place
        if try Self.isStream(place) {
            let descriptor = open(place, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Self.refusal(place, SystemError.words(errno)) }
            guard isatty(descriptor) == 0 else {
                close(descriptor)
                throw Self.refusal(place, "it is a terminal, which must not receive raw text from outside")
            }
            partial = nil
            handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            return
        }
        var random = SystemRandomNumberGenerator()
        let unfinished = "\(place).\(random.next()).partial"
        do throws(PlainFile.Problem) {
            let descriptor = try PlainFile.open(unfinished, O_WRONLY | O_CREAT | O_EXCL)
            handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        } catch {
            throw Self.refusal(place, error.reason)
        }
        partial = unfinished
    }

    deinit { if let partial, !isFinished { unlink(partial) } }

    /// - Returns: false if the reader has gone away.
    func write(_ bytes: [UInt8]) throws(Failure) -> Bool {
        guard let handle else { return Terminal.write(String(decoding: bytes, as: UTF8.self), to: .output, as: .json) }
        do {
            try handle.write(contentsOf: Data(bytes))
            return true
        } catch {
            guard let path, partial != nil else { return false }
            throw Failure(
                .unavailable, "\(path): cannot be written: \(SystemError.words(error))",
                hint: "free some space; the partial file was removed")
        }
    }

    func finish() throws(Failure) {
        guard let path, let partial, let handle else { return }
        // Whatever has come to stand there meanwhile is not written over.
        guard try !Self.isStream(path) else { throw Self.refusal(path, "it appeared meanwhile") }
        guard fsync(handle.fileDescriptor) == 0, rename(partial, path) == 0 else {
            throw Failure(.unavailable, "\(path): cannot be written: \(SystemError.words(errno))")
        }
        isFinished = true
    }

    /// Whether it is something to write to and not to replace: a FIFO, `/dev/null`.
    ///
    /// - Throws: if it is neither that nor a file: a link may belong to anybody, and so may its target.
    private static func isStream(_ path: String) throws(Failure) -> Bool {
        var own = stat()
        var target = stat()
        guard lstat(path, &own) == 0 else { return false }
        let isLink = own.st_mode & S_IFMT == S_IFLNK
        guard stat(path, &target) == 0 else { throw refusal(path, "it is a dangling symbolic link") }
        switch target.st_mode & S_IFMT {
        case S_IFIFO, S_IFCHR: return true
        case S_IFREG where !isLink: return false
        default:
            throw refusal(path, "it is \(PlainFile.name(ofKind: own.st_mode)), not a file")
        }
    }

    private static func refusal(_ path: String, _ reason: String) -> Failure {
        Failure(.usage, "\(path): cannot be written: \(reason)", hint: hint)
    }
}
