import CSQLite
import Foundation
import GuildDomain

/// SQLite as it comes, with the durability that the ledger has: a write-ahead log, synced at each commit.
final class PlainDatabase {
    private var connection: OpaquePointer?

    init(path: String) throws {
        guard sqlite3_open(path, &connection) == SQLITE_OK else {
            throw Failure(.unavailable, "\(path): cannot be opened")
        }
        try run("PRAGMA journal_mode = WAL")
        try run("PRAGMA synchronous = FULL")
    }

    deinit { sqlite3_close(connection) }

    func run(_ sql: String) throws {
        guard sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK else {
            throw Failure(.failed, "\(sql): \(String(cString: sqlite3_errmsg(connection)))")
        }
    }

    /// The first column of the first row; 0 where there is none.
    func integer(_ sql: String) throws -> Int64 {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(connection, sql, -1, &statement, nil) == SQLITE_OK else {
            throw Failure(.failed, "\(sql): \(String(cString: sqlite3_errmsg(connection)))")
        }
        return sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0
    }

    /// Commits so many transactions one after the other, each one row of 200 bytes and one counter: the least that a
    /// reservation could be.
    ///
    /// - Returns: commits per second.
    func commits(_ count: Int) throws -> Double {
        try run("CREATE TABLE IF NOT EXISTS counters (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)")
        try run("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        try run("INSERT OR IGNORE INTO counters VALUES (1, 0)")
        let start = MonotonicClock.now
        for _ in 0..<count {
            try run(
                """
                BEGIN IMMEDIATE; INSERT INTO rows (body) VALUES (randomblob(200));
                UPDATE counters SET value = value + 1 WHERE id = 1; COMMIT
                """)
        }
        return Double(count) / (Double(MonotonicClock.now - start) / 1e9)
    }
}
