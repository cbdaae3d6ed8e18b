import Foundation

/// Which packs of a repository were looked at and found good, so that each is read once and not with each call.
struct PackCheck {
    /// A file as it was when it was looked at.
    private struct Identity: Hashable {
        let device: UInt64
        let node: UInt64
        let size: Int64
        let modified: [Int]

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            node = UInt64(status.st_ino)
            size = Int64(status.st_size)
            // The time of the change of state cannot be set back.
            modified = [
                status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
            ]
        }
    }

    /// The folders of objects, including those of other repositories that this one borrows from.
    private let folders: [String]
    private var good: [String: Identity] = [:]
    private var checkedAt: ContinuousClock.Instant?

    /// Calls of which many come in a row trust a check for so long.
    static let trust = Duration.milliseconds(250)
    private static let alternatesLimitBytes = 1 << 16
    private static let alternatesDepth = 5
    private static let foldersLimit = 64

    /// - Parameter objects: the repository's folder of objects; those that it borrows from are found.
    init(objects: String) {
        var found: [String] = []
        Self.collect(objects, depth: 0, &found)
        folders = found
    }

    /// Whether a check was made just now.
    var isFresh: Bool { checkedAt.map { ContinuousClock.now - $0 < Self.trust } ?? false }

    /// Checks each new or changed pack.
    ///
    /// - Returns: whether a known one has changed: libgit2's view of it must then not be used.
    /// - Throws: `corrupt` with the name of the file.
    mutating func run(place: String) throws(CodexRepositoryError) -> Bool {
        var isChanged = false
        for folder in folders { try run(in: folder, place: place, &isChanged) }
        checkedAt = ContinuousClock.now
        return isChanged
    }

    private mutating func run(in folder: String, place: String, _ isChanged: inout Bool) throws(CodexRepositoryError) {
        let graph = folder + "/info/commit-graph"
        if try isNew(graph, &isChanged) {
            try look(graph, place) { () throws(PackIndex.Damage) in try PackIndex.checkTrailer(of: graph) }
        }
        guard let stream = opendir(folder + "/pack") else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let path = folder + "/pack/" + name
            if name == "multi-pack-index" {
                guard try isNew(path, &isChanged) else { continue }
                try look(path, place) { () throws(PackIndex.Damage) in try PackIndex.checkTrailer(of: path) }
            } else if name.hasSuffix(".idx") {
                let pack = path.dropLast("idx".count) + "pack"
                // Without its pack libgit2 does not look at it either: one is being written, or taken away.
                guard Identity(String(pack)) != nil else { continue }
                let isNewIndex = try isNew(path, &isChanged)
                let isNewPack = try isNew(String(pack), &isChanged)
                guard isNewIndex || isNewPack else { continue }
                try look(path, beside: String(pack), place) { () throws(PackIndex.Damage) in
                    try PackIndex.check(path, pack: String(pack))
                }
                good[String(pack)] = Identity(String(pack))
            }
        }
    }

    private func isNew(_ path: String, _ isChanged: inout Bool) throws(CodexRepositoryError) -> Bool {
        guard let identity = Identity(path) else { return false }
        try SpecialFiles.refuse(path)
        guard let known = good[path] else { return true }
        if known != identity { isChanged = true }
        return known != identity
    }

    private mutating func look(
        _ path: String, beside other: String? = nil, _ place: String, _ body: () throws(PackIndex.Damage) -> Void
    ) throws(CodexRepositoryError) {
        // Taken before reading: a file that changes meanwhile is read again the next time.
        let identity = Identity(path)
        do throws(PackIndex.Damage) {
            try body()
            good[path] = identity
        } catch {
            // Taken away meanwhile: a repack, not damage.
            guard Identity(path) != nil, other.map({ Identity($0) != nil }) ?? true else { return }
            throw .corrupt(place: place, detail: "\(path): \(error.detail)".escapingControls)
        }
    }

    /// Folders of objects that this one borrows from (gitrepository-layout(5), objects/info/alternates).
    private static func collect(_ objects: String, depth: Int, _ found: inout [String]) {
        guard depth <= alternatesDepth, found.count < foldersLimit, !found.contains(objects) else { return }
        found.append(objects)
        let list = objects + "/info/alternates"
        guard PathKind(at: list) == .file, let file = FileHandle(forReadingAtPath: list) else { return }
        // An unreadable file names nothing; libgit2 says why.
        guard let bytes = try? file.read(upToCount: alternatesLimitBytes) else { return }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            collect(CodexLocation(String(line), workingDirectory: objects).path, depth: depth + 1, &found)
        }
    }
}
