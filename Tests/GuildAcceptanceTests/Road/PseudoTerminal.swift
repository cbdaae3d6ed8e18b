import Dispatch
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

    /// Waits until the terminal shows `text`.
    ///
    /// - Returns: all that it has shown since the last call.
    @discardableResult
    func shows(_ text: String) async throws -> String {
        let keyboard = keyboard
        return try await withCheckedThrowingContinuation { (done: CheckedContinuation<String, any Error>) in
            DispatchQueue.global().async { done.resume(with: Result { try Self.wait(for: text, on: keyboard) }) }
        }
    }

    private static let patienceMilliseconds: Int32 = 60_000

    private static func wait(for text: String, on keyboard: Int32) throws -> String {
        var shown: [UInt8] = []
        while !String(decoding: shown, as: UTF8.self).contains(text) {
            var polled = pollfd(fd: keyboard, events: Int16(POLLIN), revents: 0)
            var buffer = [UInt8](repeating: 0, count: 4096)
            guard poll(&polled, 1, patienceMilliseconds) > 0 else {
                throw Failure(.unavailable, "the terminal does not show '\(text)'")
            }
            let count = read(keyboard, &buffer, buffer.count)
            guard count > 0 else {
                throw Failure(.unavailable, "the terminal ended: \(String(cString: strerror(errno)))")
            }
            shown += buffer[..<count]
        }
        return String(decoding: shown, as: UTF8.self)
    }

    func type(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard write(keyboard, bytes, bytes.count) == bytes.count else {
            throw Failure(.unavailable, "the terminal takes nothing: \(String(cString: strerror(errno)))")
        }
    }
}
