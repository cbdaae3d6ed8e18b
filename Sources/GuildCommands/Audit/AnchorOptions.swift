import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

/// Which anchors a command compares with.
struct AnchorOptions: ParsableArguments {
    @Flag(help: "Compare with the anchors at refs/guild/audit of the codex repository.")
    var anchored = false

    @Option(
        help: ArgumentHelp(
            "Compare with anchors from elsewhere.",
            discussion: """
                A repository (its refs/guild/audit, or else the result of `git fetch REMOTE refs/guild/audit`), a file \
                with the output of `guild audit anchor -o json`, or a revision of the codex repository.
                """, valueName: "place"), completion: .file())
    var anchorFrom: String?

    private static let fileBytes = 64 << 10

    var isAsked: Bool { anchored || anchorFrom != nil }

    func validate() throws {
        if anchored, anchorFrom != nil { throw ValidationError("--anchored and --anchor-from exclude each other") }
    }

    /// The anchors of that ledger, the newest last.
    ///
    /// - Throws: if there are none.
    func checkpoints(
        of ledger: LedgerID, in folder: String, codex: () throws -> CodexAccess
    ) throws -> [AuditCheckpoint] {
        guard let place = anchorFrom else {
            return try AuditAnchorer.checkpoints(of: ledger, in: try codex().repository.anchors)
        }
        var isFolder: ObjCBool = false
        let path = CodexLocation(place, workingDirectory: folder).path
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            return try AuditAnchorer.checkpoints(of: ledger, in: try codex().repository.anchors, at: place)
        }
        guard isFolder.boolValue else { return [try Self.document(path, place, of: ledger)] }
        let repository = try CodexRepository(at: CodexLocation(path, workingDirectory: "/"))
        guard try repository.anchors.newest() == nil,
            FileManager.default.fileExists(atPath: repository.gitDirectory + "/FETCH_HEAD")
        else { return try AuditAnchorer.checkpoints(of: ledger, in: repository.anchors) }
        return try AuditAnchorer.checkpoints(of: ledger, in: repository.anchors, at: "FETCH_HEAD")
    }

    private static func document(_ path: String, _ place: String, of ledger: LedgerID) throws -> AuditCheckpoint {
        let anchor = try AuditAnchor(json: try AuditFile.read(path, named: place, limit: fileBytes), from: place)
        guard anchor.ledger == ledger else {
            throw AuditFailure.otherLedger(place: place, found: anchor.ledger, ours: ledger)
        }
        return AuditCheckpoint(anchor, source: "the anchor in \(place)")
    }
}

/// The small documents that the audit commands print and read again.
enum AuditFile {
    /// - Throws: `Failure` of kind `usage` for a file that cannot be read, is too long or is no JSON.
    static func read(_ path: String, named place: String, limit: Int) throws(Failure) -> JSONValue {
        // To the user, a file that cannot be opened and one that cannot be read are the same problem.
        guard let file = try? InputFile.open(path, hint: ""), let data = try? file.read(upToCount: limit + 1) else {
            throw Failure(
                .usage, "\(place): cannot be read", hint: "check that the file exists and that you may read it")
        }
        guard data.count <= limit else {
            throw Failure(.usage, "\(place): longer than \(limit) bytes", hint: "name a single anchor or proof")
        }
        do {
            return try JSONParser.parse(Array(data))
        } catch {
            throw Failure(
                .usage, "\(place): \(error.message)",
                hint: "use the unchanged output of `guild audit anchor -o json` or `guild audit proof -o json`")
        }
    }
}
