import ArgumentParser
import Foundation
import GuildCitadel
import GuildCodex
import Logging

/// Completes the names of the agents in the current codex.
enum AgentNames {
    static let completion = CompletionKind.custom { words, _, prefix in
        names(codex: value(of: "--codex", in: words)).filter { $0.hasPrefix(prefix) }
    }

    private static func value(of option: String, in words: [String]) -> String? {
        if let position = words.firstIndex(of: option), position + 1 < words.count { return words[position + 1] }
        return words.first { $0.hasPrefix(option + "=") }.map { String($0.dropFirst(option.count + 1)) }
    }

    private static func names(codex: String?) -> [String] {
        let settings = Settings(
            codex: codex, environment: ProcessInfo.processInfo.environment,
            workingDirectory: FileManager.default.currentDirectoryPath,
            logger: Logger(label: "guild.completion") { _ in SwiftLogNoOpLogHandler() })
        // Completion needs names, not the reason why there are none.
        let snapshot = try? CodexAccess(settings).snapshot()
        return snapshot?.agentsByName.map(\.name) ?? []
    }
}
