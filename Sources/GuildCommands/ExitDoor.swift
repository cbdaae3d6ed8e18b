import Foundation
import GuildDomain

/// The only way to end the process.
///
/// It skips the C library's cleanup, which would remove data that other threads still use (libgit2 may still be
/// starting on one of its own) and so crash now and then. So nothing may depend on `atexit`: the writer of important
/// data syncs it.
enum ExitDoor {
    /// Says that not all output was written, if so, and ends.
    static func leave(_ status: Int32) -> Never {
        fflush(nil)
        var status = status
        if let reason = StandardOutput.reason {
            say("guild: cannot write to standard output: \(reason)\n")
            if status == 0 { status = ErrorKind.failed.exitStatus }
        }
        _exit(status)
    }

    /// Says it on standard error.
    static func say(_ text: String) {
        // Without standard error, the exit status is all that is left.
        Terminal.write(text, to: .error)
    }
}
