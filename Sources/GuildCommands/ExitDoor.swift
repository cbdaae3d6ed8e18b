import Foundation
import GuildDomain

/// The one way out of the process.
///
/// It ends without the C library's cleanup: that would take away under other threads (libgit2 may still be starting on
/// one of its own) what they use, which is a crash now and then. So nothing may depend on `atexit`: what must survive is
/// synced by whoever wrote it.
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
        // Where standard error is gone too, the exit status is left.
        Terminal.write(text, to: .error)
    }
}
