import Synchronization

/// Git's own name of a file's bytes.
package struct BlobID: Sendable, Hashable {
    private let high: UInt64
    private let middle: UInt64
    private let low: UInt32

    init(high: UInt64, middle: UInt64, low: UInt32) {
        self.high = high
        self.middle = middle
        self.low = low
    }
}

/// The content of one folder of a commit's tree, so that only the differences of the next commit are read.
final class FolderMemory: Sendable {
    let tree: BlobID
    /// In git's order.
    let files: [CodexFile]
    let folders: [String: FolderMemory]
    let ignored: [CodexTreeBuilder.Ignored]
    /// How many entries the folder itself has, also those that are left out without a word.
    let entries: Int

    init(
        tree: BlobID, files: [CodexFile], folders: [String: FolderMemory], ignored: [CodexTreeBuilder.Ignored],
        entries: Int
    ) {
        self.entries = entries
        self.tree = tree
        self.files = files
        self.folders = folders
        self.ignored = ignored
    }
}

/// All that a reference in one file can be about in the others. While it stays the same, so does every verdict on a
/// file that stays the same.
struct CodexWorld: Sendable, Equatable {
    let agents: [String]
    let chapters: [String]
    let connectors: [String]
    let systems: Set<String>
    let senders: Set<String>
    let providers: [ModelProviderManifest]
    let allowedOrigins: Set<String>
    let paths: [String]

    init(_ codex: DecodedCodex, paths: [String]) {
        agents = codex.agents.map(\.name)
        chapters = codex.chapters.map(\.name)
        connectors = codex.connectors.map(\.name)
        systems = Set(codex.connectors.map(\.system))
        senders = codex.senders
        providers = codex.registries.flatMap(\.providers)
        allowedOrigins = codex.guilds.first?.allowedOrigins ?? []
        self.paths = paths
    }
}

/// The results of earlier loads, by the names that git gives to bytes: an unchanged file is neither read nor parsed
/// again, and not compared again unless something that it may name came or went. It cannot diverge from git, because a
/// name is a hash.
final class CodexMemory: Sendable {
    struct Key: Sendable, Hashable {
        let path: String
        let blob: BlobID
        let timezone: String
    }

    private struct Known {
        let file: DecodedFile
        /// The result of comparing it with all other files of the world; nil if that has to be done each time.
        let crossProblems: [Problem]?
    }

    private struct State {
        var timezone: String?
        var root: (folder: String, memory: FolderMemory)?
        var files: [Key: Known] = [:]
        var world: CodexWorld?
    }

    private let state = Mutex(State())

    /// Files of other commits kept beside those of the last one.
    private static let spareFiles = 4096

    var timezone: String? { state.withLock { $0.timezone } }

    func root(of folder: String) -> FolderMemory? {
        state.withLock { $0.root?.folder == folder ? $0.root?.memory : nil }
    }

    func remember(_ tree: CodexTree) {
        guard let memory = tree.memory else { return }
        state.withLock { $0.root = (tree.folder, memory) }
    }

    func decoded(_ files: [CodexFile], timezone: String) -> [DecodedFile?] {
        state.withLock { state in
            files.map { file in
                file.blob.flatMap { state.files[Key(path: file.path, blob: $0, timezone: timezone)]?.file }
            }
        }
    }

    /// The known results for files that are compared with others, in their order; empty if their world has changed.
    func crossProblems(of files: [DecodedFile], in world: CodexWorld) -> [[Problem]?] {
        state.withLock { state in
            guard state.world == world else { return [] }
            return files.map { file in file.key.flatMap { state.files[$0]?.crossProblems } }
        }
    }

    func remember(_ files: DecodedFiles, _ world: CodexWorld) {
        state.withLock { state in
            let isNew = state.world != world
            state.timezone = files.timezone
            state.world = world
            if isNew || state.files.count > 2 * files.files.count + Self.spareFiles { state.files.removeAll() }
            state.files.reserveCapacity(files.files.count)
            for (file, problems) in zip(files.files, files.crossProblems) where file.isWorthKeeping {
                guard let key = file.key, state.files[key]?.crossProblems == nil else { continue }
                state.files[key] = Known(file: file, crossProblems: problems)
            }
        }
    }
}
