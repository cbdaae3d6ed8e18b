import Foundation
import GuildDomain
import GuildLedger

/// The ledger's files as they lay at an instant, read without touching the original: who opens the original itself
/// would do the recovery that the next `guild` has to do.
struct LedgerCopy: Sendable {
    private let folder: String
    private let path: String

    /// Copies what is on disk while no process of the ledger runs on.
    init(of ledgerPath: String, in folder: String) throws {
        self.folder = folder
        path = folder + "/ledger.sqlite"
        let files = FileManager.default
        try? files.removeItem(atPath: folder)  // There is none the first time.
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for suffix in ["", "-wal"] where files.fileExists(atPath: ledgerPath + suffix) {
            try files.copyItem(atPath: ledgerPath + suffix, toPath: path + suffix)
        }
    }

    func look() async throws -> LedgerSight { try await LedgerSight(path) }

    /// The process that is inside a write transaction of the ledger, if one is: the holder of the write lock, byte 120
    /// of the shared-memory file (https://sqlite.org/walformat.html, "WAL Locks").
    static func writer(of ledgerPath: String) throws -> pid_t? {
        let shared = open(ledgerPath + "-shm", O_RDWR | O_CLOEXEC)
        guard shared >= 0 else { return nil }
        defer { close(shared) }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = 120
        lock.l_len = 1
        guard fcntl(shared, F_GETLK, &lock) == 0 else {
            throw Failure(.unavailable, "cannot ask for the ledger's write lock: \(String(cString: strerror(errno)))")
        }
        return lock.l_type == Int16(F_UNLCK) ? nil : lock.l_pid
    }
}

/// What a look into a ledger finds.
struct LedgerSight: Sendable {
    let work: [OpenWork]
    let events: Int64
    /// Nothing waits or is under way.
    let isQuiet: Bool

    init(_ path: String) async throws {
        let ledger = try Ledger(at: LedgerLocation(path: path), mustExist: true)
        defer { ledger.close() }
        work = try await OpenWork.all(in: ledger)
        events = try await ledger.reports.status().events
        isQuiet = try await ledger.reports.isQuiet(root: nil)
    }
}
