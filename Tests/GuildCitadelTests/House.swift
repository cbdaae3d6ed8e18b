import GuildCitadel
import GuildCodex
import GuildConnectors
import GuildDomain
import GuildLedger
import GuildOffice
import GuildTestSupport

/// A git repository with the small codex, and the settings of a process that works with it.
final class House: Sendable {
    let folder: TemporaryFolder
    let commit: String
    let settings: Settings
    /// Kept as long as somebody may call it.
    private let vendor: RawServer?

    init(vendor: RawServer? = nil, _ changes: [String: String] = [:], time: any TimeSource = SystemTime()) throws {
        self.vendor = vendor
        folder = try TemporaryFolder()
        let files = OfficeCodex.files(vendor: vendor?.url() ?? "http://127.0.0.1:9").merging(changes) { $1 }
        let repository = try NewRepository.make(
            at: folder.path + "/repository", files: files.map { ($0.key, Array($0.value.utf8)) }, message: "codex")
        commit = repository.commit.hex
        settings = Settings(
            codex: folder.path + "/repository", ledger: folder.ledger.path, environment: [:],
            workingDirectory: folder.path, logger: silent, time: time)
    }

    func deployment() async throws -> Deployment { try await Deployment(settings, redactor: Redactor()) }
}
