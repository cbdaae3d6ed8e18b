import Foundation
import GuildDomain

/// A terminal that a program may read from, and our side of it: what is written here was typed there.
final class PseudoTerminal: Sendable {
    /// Where a program opens it.
    let path: String
    private let keyboard: Int32
    /// Kept open, so that what is typed ahead of the program stays.
    private let screen: Int32

    init() throws {
        var (ours, theirs): (Int32, Int32) = (-1, -1)
        guard openpty(&ours, &theirs, nil, nil, nil) == 0, let name = ttyname(theirs) else {
            throw Failure(.unavailable, "there is no terminal: \(String(cString: strerror(errno)))")
        }
        for end in [ours, theirs] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (path, keyboard, screen) = (String(cString: name), ours, theirs)
    }

    deinit {
        close(keyboard)
        close(screen)
    }

    func type(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard write(keyboard, bytes, bytes.count) == bytes.count else {
            throw Failure(.unavailable, "the terminal takes nothing: \(String(cString: strerror(errno)))")
        }
    }
}
