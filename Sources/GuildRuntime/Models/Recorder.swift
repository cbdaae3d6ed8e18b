import Foundation
package import GuildDomain

/// Wraps a provider and records each of its answers, so that a `ReplayProvider` can return it again.
///
/// An answer that cannot be written is still returned, because it has been paid for; the problem goes to `onProblem`.
package struct Recorder: KeyedProvider {
    /// The name of the wrapped provider.
    package var name: String { provider.name }

    private let provider: any ModelProvider
    private let file: RecordingFile
    private let volatile: [(name: String, value: String)]
    private let context: JSONValue?
    private let onProblem: @Sendable (Failure) -> Void

    /// - Parameters:
    ///   - path: a JSON Lines file, created if it is missing; several processes may append to one.
    ///   - volatile: for the provider too.
    ///   - context: the run's facts besides its request, stored in each entry.
    ///   - onProblem: called for each answer that could not be written.
    package init(
        _ provider: any ModelProvider, path: String, volatile: [(name: String, value: String)] = [],
        context: JSONValue? = nil, onProblem: @escaping @Sendable (Failure) -> Void
    ) {
        self.provider = provider.forRun(volatile: volatile)
        file = RecordingFile(path: path)
        self.volatile = volatile
        self.context = context
        self.onProblem = onProblem
    }

    /// Checks that a recording can be written, before anything is paid for.
    package static func requireWritable(_ path: String) throws(Failure) {
        let isNew = !PlainFile.isThere(path)
        close(try RecordingFile(path: path).open())
        if isNew { unlink(path) }
    }

    /// The recorder with these volatile values.
    package func replacing(_ volatile: [(name: String, value: String)]) -> any ModelProvider {
        Recorder(provider, path: file.path, volatile: volatile, context: context, onProblem: onProblem)
    }

    /// Lets the wrapped provider answer, and records the answer.
    package func complete(
        _ request: ModelRequest, onDelta: @escaping @Sendable (ModelDelta) -> Void
    ) async throws(ModelFailure) -> ModelTurn {
        let turn = try await provider.complete(request, onDelta: onDelta)
        let document = RequestDigest.document(of: request, volatile: volatile)
        let entry = Recording.Entry(
            key: RequestDigest.key(of: document), origin: .recorded, request: document,
            answer: Recording.Answer(content: turn.content, stop: turn.stop, usage: turn.usage), context: context)
        do {
            try file.append(entry)
        } catch {
            onProblem(error)
        }
        return turn
    }
}

/// A recording on disk that grows by whole lines.
struct RecordingFile: Sendable {
    let path: String

    /// Appends one line under the file's lock; of a write that fails nothing stays.
    func append(_ entry: Recording.Entry) throws(Failure) {
        let isNew = !PlainFile.isThere(path)
        let descriptor = try open()
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX) == 0 else { throw problem("cannot be locked") }
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw problem("cannot be read") }
        // A line that lost its end in a crash must not swallow this one.
        let needsBreak = end > 0 && lastByte(descriptor, end: end) != 0x0A
        let line = (needsBreak ? [0x0A] : []) + entry.document.bytes() + [0x0A]
        do {
            try write(line, to: descriptor)
        } catch {
            ftruncate(descriptor, end)
            if isNew, end == 0 { unlink(path) }
            throw error
        }
    }

    fileprivate func open() throws(Failure) -> Int32 {
        do throws(PlainFile.Problem) {
            return try PlainFile.open(path, O_RDWR | O_CREAT | O_APPEND)
        } catch {
            throw Failure(
                .unavailable, "the recording \(path) cannot be opened: \(error.reason)",
                hint: "name a file, in a folder that exists and is writable")
        }
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw problem("cannot be written") }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw problem("cannot be synced") }
    }

    private func lastByte(_ descriptor: Int32, end: off_t) -> UInt8? {
        var byte: UInt8 = 0
        return pread(descriptor, &byte, 1, end - 1) == 1 ? byte : nil
    }

    private func problem(_ what: String) -> Failure {
        Failure(
            .unavailable, "the recording \(path) \(what): \(SystemError.words(errno))",
            hint: "the folder must exist and be writable")
    }
}
