import Foundation
import GuildDomain

/// The file at a ledger's path, before it is opened. Opening changes a file (its journal mode, and files beside it), so
/// anything that is not a ledger is refused before.
enum ExistingFile {
    private static let magic = Array("SQLite format 3\u{0}".utf8)
    /// The smallest page: SQLite takes a smaller file for an empty database.
    private static let leastBytes: Int64 = 512

    /// - Throws: `LedgerFailure` if the file is not a ledger, or no longer one.
    static func check(_ location: LedgerLocation, size: Int64, mustExist: Bool) throws(LedgerFailure) {
        guard size >= leastBytes else {
            // A crash may leave an empty file before there are tables; a ledger that had them has lost them.
            guard !mustExist, !DurableFile.exists(location.madePath) else {
                throw .unusable(
                    path: location.path,
                    reason:
                        "the file is \(size == 0 ? "empty" : "too short to be a ledger"); if it was one, its content is lost: restore a backup"
                )
            }
            return
        }
        do throws(PlainFile.Problem) {
            let start = try PlainFile.contents(location.path, limitBytes: magic.count)
            guard start == magic else { throw PlainFile.Problem(notOurs: "not a database") }
        } catch {
            guard error.code == EINVAL else { throw .ofFile(location.path, error.code) }
            throw .notALedger(path: location.path)
        }
        guard !DurableFile.exists(location.sideFolder) else { return }
        do {
            let tables = try SQLiteConnection(path: location.path, .readOnly).transaction.column(
                "SELECT name FROM sqlite_master WHERE type = 'table'", as: String.self)
            guard tables.isEmpty || tables.contains("schema_versions") || tables.contains("grdb_migrations") else {
                throw LedgerFailure.unusable(
                    path: location.path, reason: "it is an SQLite database, but not a ledger of guild")
            }
        } catch {
            throw LedgerFailure.opening(error, path: location.path)
        }
    }

    /// Notes beside the ledger that it has its tables.
    static func mark(_ location: LedgerLocation) throws {
        guard !DurableFile.exists(location.madePath) else { return }
        close(try DurableFile.openPlain(location.madePath, O_WRONLY | O_CREAT))
        try BodyStore.sync(folder: location.sideFolder)
    }
}
