import CSQLite
import GuildDomain
import Testing

@testable import GuildLedger

@Suite struct LedgerFailureTests {
    @Test(
        arguments: [
            (SQLITE_BUSY, .locked(path: "l")), (SQLITE_LOCKED, .locked(path: "l")),
            (SQLITE_READONLY, .readOnly(path: "l")), (SQLITE_CANTOPEN, .readOnly(path: "l")),
            (SQLITE_FULL, .full(path: "l")), (SQLITE_NOTADB, .notALedger(path: "l")),
            (SQLITE_CORRUPT, .notALedger(path: "l")), (SQLITE_IOERR, .unusable(path: "l", reason: "told")),
            // An extended code is of the kind of its low byte: SQLITE_IOERR_FSYNC.
            (SQLITE_IOERR | (4 << 8), .unusable(path: "l", reason: "told")),
        ] as [(Int32, LedgerFailure)])
    func `an error of SQLite is told in our words`(code: Int32, failure: LedgerFailure) {
        let error = StorageFault(code, message: "told")
        #expect(LedgerFailure.translating(error, path: "l") as? LedgerFailure == failure)
    }

    @Test func `a row that breaks a rule of the schema is the fault of that row`() {
        // SQLITE_CONSTRAINT_UNIQUE
        let error = StorageFault(SQLITE_CONSTRAINT | (8 << 8), message: "told", sql: "UPDATE turns SET n = 1")
        let fault = LedgerFailure.translating(error, path: "l") as? RowFault
        #expect(fault?.message == "the ledger's table 'turns' has a damaged row: a change of it is refused: told")
    }

    @Test func `any other error passes unchanged`() {
        #expect(LedgerFailure.translating(Failure(.usage, "x"), path: "l") as? Failure == Failure(.usage, "x"))
    }

    @Test func `every failure of the ledger itself names its path and a next step`() {
        let failures: [LedgerFailure] = [
            .locked(path: "/l"), .readOnly(path: "/l"), .full(path: "/l"), .newerVersion(path: "/l"),
            .olderVersion(path: "/l"),
            .notALedger(path: "/l"), .missing(path: "/l"), .networkFileSystem(path: "/l"), .damagedBody(reason: "/l"),
        ]
        for failure in failures {
            #expect(failure.message.contains("/l"))
            #expect(failure.hint != nil)
            #expect(failure.kind == .unavailable)
        }
        #expect(LedgerFailure.fenced(what: "turn 1").kind == .failed)
        #expect(LedgerFailure.unsupportedURL("x:").kind == .usage)
    }
}
