import Foundation
package import GuildCodex
import GuildConnectors
import GuildDomain
package import GuildLedger
import GuildRuntime

/// A folder that is removed when the last reference to it goes.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = NSTemporaryDirectory() + "guild-road-\(EventID(now: SystemTime().now))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A folder that stays behind in the temporary folder harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }

    package var ledger: LedgerLocation { LedgerLocation(path: path + "/ledger.sqlite") }

    package func write(_ files: [String: String], in name: String) throws {
        for (file, text) in files {
            let url = URL(fileURLWithPath: "\(path)/\(name)/\(file)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
    }

    /// Writes files into a folder and loads what is then there.
    package func snapshot(of files: [String: String], in name: String) throws -> CodexSnapshot {
        try write(files, in: name)
        // What the composition root, which is above these rooms, loads every codex with.
        let systems = SystemRegistry.standard.catalogue(tools: [ToolBox.codexRead])
        return try CodexLoader.load(folder: "\(path)/\(name)", systems: systems).get()
    }
}
