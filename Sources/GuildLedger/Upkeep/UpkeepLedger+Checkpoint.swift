import GuildDomain

extension UpkeepLedger {
    /// The log is emptied when it is larger than this: four times what a commit checkpoints at.
    package static let logLimitBytes: Int64 = 64 << 20
    /// How long readers are waited for, with writers waiting too.
    private static let patienceMilliseconds: Int32 = 100

    /// The bytes of the write-ahead log.
    package var logBytes: Int64 { DurableFile.size(of: ledger.location.walPath) }

    /// Copies the log into the database and empties it, if it has grown past `limit` because readers kept commits from
    /// starting it over. Where one still does, all but its part is copied and the next call tries again.
    ///
    /// - Returns: whether the log was emptied.
    @discardableResult
    package func checkpoint(above limit: Int64 = UpkeepLedger.logLimitBytes) async throws -> Bool {
        // Only an SQLite file has such a log.
        guard logBytes > limit, let connection = (ledger.engine as? SQLiteEngine)?.writer.connection else {
            return false
        }
        return try await Blocking.run {
            do {
                return try ledger.lane.exclusively {
                    let db = connection.transaction
                    let patience = try db.value("PRAGMA busy_timeout", as: Int32.self) ?? 0
                    connection.wait(milliseconds: Self.patienceMilliseconds)
                    defer { connection.wait(milliseconds: patience) }
                    return try db.value("PRAGMA wal_checkpoint(TRUNCATE)", as: Int.self) == 0
                }
            } catch let fault as StorageFault where fault.kind == .busy {
                return false
            } catch {
                throw LedgerFailure.translating(error, path: ledger.location.path)
            }
        }
    }
}
