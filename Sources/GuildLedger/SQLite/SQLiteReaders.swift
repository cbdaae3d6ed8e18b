import GuildDomain
import Synchronization

/// The connections that read one SQLite file.
final class SQLiteReaders: Sendable {
    /// Readers that are kept open while nobody reads; more are opened when more read at once.
    private static let idleLimit = 4

    private let path: String
    private let access: SQLiteConnection.Access
    private let busyMilliseconds: Int32
    /// Those that nobody reads with now; nil once this is closed.
    private let idle = Mutex<[SQLiteConnection]?>([])

    init(path: String, _ access: SQLiteConnection.Access, busyMilliseconds: Int32) {
        self.path = path
        self.access = access
        self.busyMilliseconds = busyMilliseconds
    }

    /// Runs `body` in one snapshot, on the calling thread.
    func read<Value>(_ body: (LedgerTransaction) throws -> Value) throws -> Value {
        let reader = try take()
        defer { putBack(reader) }
        return try reader.transaction("BEGIN", body)
    }

    /// A new connection, as readers and the writer have it.
    func connection() throws(StorageFault) -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, access, busyMilliseconds: busyMilliseconds)
        try connection.script("PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY;")
        return connection
    }

    /// From now on every read throws.
    func close() { idle.withLock { $0 = nil } }

    private func take() throws(StorageFault) -> SQLiteConnection {
        let (isClosed, known) = idle.withLock { idle in (idle == nil, idle?.popLast()) }
        guard !isClosed else { throw StorageFault.closed }
        if let known { return known }
        let reader = try connection()
        try reader.script("PRAGMA query_only = ON")
        return reader
    }

    private func putBack(_ reader: SQLiteConnection) {
        idle.withLock { idle in
            if let count = idle?.count, count < Self.idleLimit { idle?.append(reader) }
        }
    }
}
