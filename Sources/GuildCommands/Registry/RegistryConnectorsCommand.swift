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
        let snapshot = try CodexAccess(options.settings()).snapshot()
        try output.renderer.print(ConnectorListResult(connectors: snapshot.connectors))
    }
}

struct ConnectorListResult: TabularResult {
    let connectors: [ConnectorManifest]

    var emptyText: String { "the codex has no connectors" }

    var json: JSONValue {
        .array(
            connectors.map { connector in
                [
                    "name": .string(connector.name), "system": .string(connector.system),
                    "type": .string(connector.kind.rawValue), "base_url": .optional(connector.connection.baseURL),
                    "authentication": .optional(connector.connection.authentication?.scheme.rawValue),
                    "identity": .optional(connector.connection.identity),
                    "assigned_agents": .array(connector.assignedAgents.map { .string($0) }),
                    "operations": .array(operations(of: connector).map { .string($0.name) }),
                    "from": .string(connector.location.description),
                ]
            })
    }

    func table(_ cells: CellFormat) -> TextTable {
        TextTable(
            ["NAME", "SYSTEM", "TYPE", "AUTHENTICATION", "IDENTITY", "AGENTS", "OPERATIONS", "ADDRESS"],
            connectors.map { connector in
                [
                    connector.name, connector.system, connector.kind.rawValue,
                    cells.text(connector.connection.authentication?.scheme.rawValue),
                    cells.text(connector.connection.identity),
                    connector.assignedAgents.isEmpty ? "any" : connector.assignedAgents.joined(separator: " "),
                    String(operations(of: connector).count), cells.text(connector.connection.baseURL),
                ]
            }, rightAligned: [6])
    }

    /// What this build can do with the connector's system.
    private func operations(of connector: ConnectorManifest) -> [Operation] {
        CodexAccess.catalogue.operations.filter { $0.connector == connector.system }
    }
}
