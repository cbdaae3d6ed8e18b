import Foundation
import GuildDomain

/// A ledger in an SQLite file that this process may only read, because the file or its folder is read-only for it.
///
/// SQLite in WAL mode makes files beside the database even to read it. Without a log there the file is complete, and is
/// read as one that nobody changes; with one, SQLite reads both, if it can.
final class ReadOnlyEngine: LedgerEngine {
    let lane: any LaneConnection
    let wakeUps: any WakeUps = NoWakeUps()
    /// Whether commits of other processes are seen.
    let seesOthers: Bool
    private let readers: SQLiteReaders

    /// - Throws: `LedgerFailure.unusable` if the log cannot be read, or the schema is not that of this version.
    init(_ location: LedgerLocation, busyMilliseconds: Int32) throws {
        seesOthers = DurableFile.size(of: location.walPath) > 0
        readers = SQLiteReaders(
            path: location.path, seesOthers ? .readOnly : .immutable, busyMilliseconds: busyMilliseconds)
        lane = ReadOnlyLane(try readers.connection())
        do {
            try readers.read { try LedgerSchema.requireVersion($0, path: location.path) }
        } catch let fault as StorageFault where fault.kind == .readOnly {
            throw LedgerFailure.unusable(
                path: location.path,
                reason: "its write-ahead log cannot be read without write access to the folder: copy the ledger, with "
                    + "the files beside it, to a folder of yours, and name the copy with --ledger sqlite:PATH")
        }
    }

    func read<Value>(_ body: (LedgerTransaction) throws -> Value) throws -> Value { try readers.read(body) }

    func hasForeignCommits() throws -> Bool { false }

    func waitForLocks(milliseconds: Int32) {}

    func close() { readers.close() }
}
