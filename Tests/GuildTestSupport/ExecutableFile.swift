import Foundation
import GuildDomain

/// A program of a test's own, in the place of another.
package enum ExecutableFile {
    /// Writes a program, by another process: a descriptor of ours that is open for writing could be inherited by the child
    /// of a test beside this one, and the kernel runs no file that anybody may still write to (`ETXTBSY`).
    ///
    /// - Parameter path: in a folder that is there.
    package static func write(_ script: String, to path: String) async throws {
        let written = try await ChildProcess.run(
            "/bin/sh", ["-c", #"printf %s "$2" > "$1" && chmod 755 "$1""#, "sh", path, script],
            environment: ["PATH": "/usr/bin:/bin"])
        guard written.status == 0 else { throw Failure(.failed, "\(path): \(written.errors)") }
    }
}
