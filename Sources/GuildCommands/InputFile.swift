import Foundation
import GuildDomain

/// Reads files that a person names on the command line, with a size limit.
enum InputFile {
    static let limitBytes = 32 << 20

    /// - Parameter path: a file; `-` is standard input.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let handle = path == "-" ? .standardInput : try open(path, hint: "check the path; - reads standard input")
        do {
            let data = try handle.read(upToCount: limitBytes + 1) ?? Data()
            guard data.count <= limitBytes else {
                throw Failure(.usage, "\(path): larger than \(limitBytes) bytes")
            }
            return Array(data)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.usage, "\(path): cannot be read: \(SystemError.words(error))")
        }
    }
}

extension InputFile {
    /// Opens a file for reading, and nothing that would block its reader or return bytes forever.
    ///
    /// - Throws: kind `.usage` for a named pipe, a device, a folder or a socket. A pipe that the shell has opened for
    ///   us (`<(command)`, `/dev/stdin`) has its other end, and is accepted.
    static func open(_ path: String, hint: String) throws(Failure) -> FileHandle {
        let isInherited = ["/dev/fd/", "/proc/self/fd/", "/dev/stdin"].contains(where: path.hasPrefix)
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | (isInherited ? 0 : O_NONBLOCK))
        guard descriptor >= 0 else {
            throw Failure(.usage, "\(path): cannot be read: \(SystemError.words(errno))", hint: hint)
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, isInherited || status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(.usage, "\(path): not a file", hint: hint)
        }
        return handle
    }
}

/// The name that commands are recorded under.
enum UserName {
    static var current: String {
        if let entry = getpwuid(getuid()), let name = entry.pointee.pw_name { return String(cString: name) }
        return "uid-\(getuid())"
    }
}
