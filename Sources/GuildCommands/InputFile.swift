import Foundation
import GuildDomain

/// Reads what a person names on the command line, bounded.
enum InputFile {
    static let limitBytes = 32 << 20

    /// - Parameter path: a file; `-` is standard input.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let handle: FileHandle
        if path == "-" {
            handle = .standardInput
        } else {
            guard let opened = FileHandle(forReadingAtPath: path) else {
                throw Failure(.usage, "\(path): cannot be read", hint: "check the path; - reads standard input")
            }
            handle = opened
        }
        do {
            let data = try handle.read(upToCount: limitBytes + 1) ?? Data()
            guard data.count <= limitBytes else {
                throw Failure(.usage, "\(path): larger than \(limitBytes) bytes")
            }
            return Array(data)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.usage, "\(path): cannot be read: \(error.localizedDescription)")
        }
    }
}

/// The name that commands are recorded under.
enum UserName {
    static var current: String {
        if let entry = getpwuid(getuid()), let name = entry.pointee.pw_name { return String(cString: name) }
        return "uid-\(getuid())"
    }
}
