import ArgumentParser
import Foundation
import GuildCitadel
import GuildDomain
import GuildLedger

struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes audit entries with bodies, salts and hashes as JSON Lines.",
        discussion: "docs/verify_audit.py recomputes an export without guild; docs/audit-format.md says how.")

    @Option(help: ArgumentHelp("The first entry.", valueName: "seq"))
    var from: Int64 = 1

    @Option(help: ArgumentHelp("The last entry; the newest where nothing is said.", valueName: "seq"))
    var to: Int64?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where to; - is standard output.", valueName: "file"),
        completion: .file())
    var output = "-"

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard from >= 1 else { throw ValidationError("--from \(from) is not the number of an entry: they begin at 1") }
        if let to, to < from { throw ValidationError("--to \(to) is before --from \(from)") }
        if output.isEmpty { throw ValidationError("-o needs a file, or - for standard output") }
    }

    func run() async throws {
        let inspection = try Inspection(options.settings())
        defer { inspection.close() }
        let ledger = try inspection.existingLedger()
        // What is written meanwhile is not part of it.
        let last = try await ledger.auditHead()
        guard from <= max(last, 1), (to ?? last) <= last else {
            throw AuditFailure.noEntry(from > last ? from : to ?? last)
        }
        let destination = try ExportDestination(output)
        var (after, isRead) = (from - 1, true)
        while isRead {
            let piece = try await ledger.exportAudit(after: after, through: to ?? last)
            guard let reached = piece.last else { break }
            isRead = try destination.write(piece.lines)
            after = reached
        }
        try destination.finish()
    }
}

/// Standard output, or a file that is there whole or not at all.
private final class ExportDestination {
    /// Nil is standard output.
    private let handle: FileHandle?
    private let path: String?
    private var isFinished = false

    init(_ place: String) throws(Failure) {
        guard place != "-" else {
            (handle, path) = (nil, nil)
            return
        }
        let partial = Self.partial(place)
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(
                .usage, "\(place): cannot be written: \(String(cString: strerror(errno)))",
                hint: "name a file in a folder that you may write to")
        }
        (handle, path) = (FileHandle(fileDescriptor: descriptor, closeOnDealloc: true), place)
    }

    deinit { if let path, !isFinished { unlink(Self.partial(path)) } }

    /// - Returns: false where nobody reads any more.
    func write(_ bytes: [UInt8]) throws(Failure) -> Bool {
        guard let handle else { return Terminal.write(String(decoding: bytes, as: UTF8.self), to: .output, as: .json) }
        do {
            try handle.write(contentsOf: Data(bytes))
            return true
        } catch {
            guard let path else { return false }
            throw Failure(
                .unavailable, "\(path): cannot be written: \(error.localizedDescription)", hint: "free some space")
        }
    }

    func finish() throws(Failure) {
        guard let path, let handle else { return }
        guard fsync(handle.fileDescriptor) == 0, rename(Self.partial(path), path) == 0 else {
            throw Failure(.unavailable, "\(path): cannot be written: \(String(cString: strerror(errno)))")
        }
        isFinished = true
    }

    private static func partial(_ path: String) -> String { path + ".partial" }
}
