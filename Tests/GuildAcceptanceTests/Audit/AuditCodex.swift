import Foundation
import GuildDomain
import GuildLedger
import GuildTestSupport
import Testing

/// The audit log, tried with the built binary and with the Python script of the documentation.
@Suite(.serialized, .timeLimit(.minutes(10))) enum Audit {}

extension TemporaryCodex {
    /// The clerk's codex and a ledger with that many audit entries.
    static func audited(_ entries: Int, _ files: [String: String?] = [:]) async throws -> TemporaryCodex {
        let codex = try await TemporaryCodex.clerk(changing: files)
        try await codex.append(entries)
        return codex
    }

    func append(_ entries: Int) async throws {
        try await withOpenLedger { ledger async throws in
            for number in 0..<entries {
                try await ledger.audit.append(
                    AuditEntry(
                        at: SystemTime().now, actor: "user:ada", kind: .operatorCommand, subject: "s\(number)",
                        commit: number.isMultiple(of: 2) ? nil : "c",
                        body: ["text": .string("ünï \"quoted\"\n\(number)")]))
            }
        }
    }

    func withOpenLedger<Value>(_ body: (Ledger) async throws -> Value) async throws -> Value {
        let ledger = try Ledger(at: LedgerLocation(path: ledger))
        defer { ledger.close() }
        return try await body(ledger)
    }

    /// What somebody does who can write the file, with nothing of guild.
    func tamper(_ sql: String) async throws {
        let script = """
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1])
            db.executescript("DROP TRIGGER IF EXISTS audit_immutable; DROP TRIGGER IF EXISTS audit_kept;" + sys.argv[2])
            db.commit()
            """
        let finished = try await ChildProcess.run("/usr/bin/env", ["python3", "-c", script, ledger, sql])
        #expect(finished.status == 0, "\(finished.errors)")
    }

    /// Runs the documentation's script.
    func python(_ arguments: String...) async throws -> ChildProcess.Finished {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../docs/verify_audit.py").standardizedFileURL.path
        return try await ChildProcess.run(
            "/usr/bin/env", ["python3", script] + arguments, environment: environment, directory: repository)
    }

    /// Below the repository, as a command printed it.
    func save(_ finished: ChildProcess.Finished, as file: String) throws {
        #expect(finished.status == 0, "\(finished.errors)")
        try write([file: finished.output])
    }
}
