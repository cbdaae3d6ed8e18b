import Foundation
import GuildTestSupport

/// Prepares statements on the PostgreSQL that `make test` has started, by its own `psql`.
enum PostgresSession {
    /// How to connect to it; nil if there is none.
    static let address = ProcessInfo.processInfo.environment["GUILD_TEST_POSTGRES"].flatMap { $0.isEmpty ? nil : $0 }
    static let isMissing = "GUILD_TEST_POSTGRES names no PostgreSQL; `make test` starts one"

    /// What a parameter may be: what `StoredValue` has. A narrower integer would refuse or cut a large one.
    private static let parameterTypes: Set = ["bigint", "text", "bytea"]

    /// Makes the schema in a session of its own, which leaves nothing behind, and prepares the statements there.
    ///
    /// - Returns: what is wrong, by the statement's place in the list, at most one a statement. A fault of the schema has the
    ///   number -1.
    static func faults(schema: [String], statements: [String]) async throws -> [Int: String] {
        var script = ["\\set VERBOSITY terse", "SET search_path = pg_temp;"]
        for sql in schema { script += ["\(sql);", Self.echo(-1)] }
        for (number, sql) in statements.enumerated() { script += ["PREPARE s\(number) AS \(sql);", Self.echo(number)] }
        script.append(
            "SELECT 'types ' || substr(name, 2) || ' ' || array_to_string(parameter_types, ',') FROM pg_prepared_statements;"
        )
        script.append("\\echo end")
        let arguments = ["psql", "-X", "-q", "-A", "-t", "-w", "-d", address ?? ""]
        let run = try await ChildProcess.run(
            "/usr/bin/env", arguments, input: Array(script.joined(separator: "\n").utf8 + [0x0A]))
        let lines = run.output.split(separator: "\n").map(String.init)
        guard run.ending == .exited(0), lines.last == "end" else { throw SessionFailed(errors: run.errors) }
        var faults: [Int: String] = [:]
        for line in lines {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count == 3, let number = Int(words[1]) else { continue }
            if words[0] == "fault" { faults[number] = words[2] }
            if words[0] == "types" { faults[number] = Self.fault(ofTypes: words[2]) ?? faults[number] }
        }
        return faults
    }

    private static func echo(_ number: Int) -> String {
        "\\if :ERROR\n\\echo fault \(number) :LAST_ERROR_MESSAGE\n\\endif"
    }

    private static func fault(ofTypes list: String) -> String? {
        let types = list.split(separator: ",").map(String.init)
        let index = types.firstIndex { !parameterTypes.contains($0) }
        return index.map { "parameter \($0 + 1) is taken for \(types[$0]): write CAST(? AS BIGINT)" }
    }

    /// psql did not get to the end.
    struct SessionFailed: Error {
        let errors: String
    }
}
