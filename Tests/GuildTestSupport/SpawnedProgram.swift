import Foundation
import GuildDomain
import Synchronization

/// A process just started, and our ends of its three pipes.
struct SpawnedProgram {
    let processID: pid_t
    let input: Int32
    let output: Int32
    let errors: Int32

    /// Held from a pipe's making to its marking, so that no program started meanwhile inherits it.
    private static let spawning = Mutex(())

    init(
        _ executable: String, _ arguments: [String], environment: [String: String], directory: String?
    ) throws {
        var command = [executable] + arguments
        if let directory {
            // posix_spawn itself cannot change the folder everywhere; the shell can, and execs in its own place.
            command = ["/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", directory] + command
        }
        self = try Self.spawning.withLock { _ in try Self(command, environment: environment) }
    }

    private init(_ command: [String], environment: [String: String]) throws {
        let pipes = try Self.threePipes()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[0].read, 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[1].write, 1)
        posix_spawn_file_actions_adddup2(&actions, pipes[2].write, 2)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = Int32(POSIX_SPAWN_SETPGROUP) | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))

        var identifier: pid_t = 0
        var argumentPointers: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var environmentPointers: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        let status = posix_spawn(
            &identifier, command[0], &actions, &attributes, &argumentPointers, &environmentPointers)
        for descriptor in [pipes[0].read, pipes[1].write, pipes[2].write] { close(descriptor) }
        guard status == 0 else {
            for descriptor in [pipes[0].write, pipes[1].read, pipes[2].read] { close(descriptor) }
            throw Failure(.unavailable, "cannot start \(command[0]): \(String(cString: strerror(status)))")
        }
        processID = identifier
        (input, output, errors) = (pipes[0].write, pipes[1].read, pipes[2].read)
    }

    /// Closed on exec, so that programs started at the same time do not hold each other's pipes open.
    private static func threePipes() throws -> [(read: Int32, write: Int32)] {
        var pipes: [(read: Int32, write: Int32)] = []
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else {
                for pipe in pipes {
                    close(pipe.read)
                    close(pipe.write)
                }
                throw Failure(.unavailable, "cannot make a pipe: \(String(cString: strerror(errno)))")
            }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            pipes.append((ends[0], ends[1]))
        }
        return pipes
    }
}
