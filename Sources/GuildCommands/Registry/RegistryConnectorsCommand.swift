import ArgumentParser
import GuildCitadel
import GuildCodex
import GuildDomain

struct RegistryConnectorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connectors", abstract: "Lists the connectors of the codex and their operations.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let snapshot = try options.openCodex().snapshot()
        try output.renderer.print(ConnectorListResult(connectors: snapshot.connectors))
    }
}

struct ConnectorListResult: ListResult {
    struct Row: Encodable, Sendable {
        let name: String
        let system: String
        let type: String
        let baseUrl: String?
        let authentication: String?
        let identity: String?
        let assignedAgents: [String]
        /// What this build can do with the connector's system.
        let operations: [String]
        let from: String
    }

    let rows: [Row]

    init(connectors: [ConnectorManifest]) {
        rows = connectors.map { connector in
            let operations = CodexAccess.catalogue.operations.filter { $0.connector == connector.system }
            return Row(
                name: connector.name, system: connector.system, type: connector.kind.rawValue,
                baseUrl: connector.connection.baseURL,
                authentication: connector.connection.authentication?.scheme.rawValue,
                identity: connector.connection.identity, assignedAgents: connector.assignedAgents,
                operations: operations.map(\.name), from: connector.location.description)
        }
    }

    var emptyText: String { "the codex has no connectors" }

    var columns: [Column<Row>] {
        [
            .text("NAME", \.name), .text("SYSTEM", \.system), .text("TYPE", \.type),
            .optional("AUTHENTICATION", \.authentication), .optional("IDENTITY", \.identity),
            .text("AGENTS") { $0.assignedAgents.isEmpty ? "any" : $0.assignedAgents.joined(separator: " ") },
            .number("OPERATIONS", \.operations.count), .optional("ADDRESS", \.baseUrl),
        ]
    }
}
