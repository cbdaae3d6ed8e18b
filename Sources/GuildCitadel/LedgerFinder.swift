import GuildCodex
import GuildDomain
package import GuildLedger

/// Finds the ledger of a codex, and makes one its own.
package struct LedgerFinder {
    private let repository: CodexRepository
    private let revision: String
    private let known: KnownLedgers
    private let environment: [String: String]

    package init(_ access: CodexAccess, environment: [String: String]) {
        repository = access.repository
        revision = access.revision
        known = KnownLedgers(environment: environment)
        self.environment = environment
    }

    // MARK: Looking

    /// Looks, and changes nothing.
    package func find() throws -> LedgerHome { try look().home }

    private enum Finding {
        /// - isCurrent: whether the record says how things are now.
        case own(LedgerRecord, isCurrent: Bool)
        case earlier(LedgerLocation)
        case alike
        case unknown
    }

    private struct Look {
        let id: CodexID?
        let place: LedgerRecord.Place
        let name: String
        let finding: Finding
        let home: LedgerHome
    }

    private func look() throws -> Look {
        let id = try repository.identity.id()
        let shared = try repository.identity.sharedPlace()
        let place = LedgerRecord.Place(path: shared.path, device: shared.device, inode: shared.inode)
        let what = id.map { "the id \($0.short)" } ?? "its path, because it has no id yet,"
        let earlier = try earlierLocations()
        let looked = ["\(what) in \(known.folder)"] + earlier.map(\.path)
        func made(_ finding: Finding, _ standing: LedgerHome.Standing, _ locations: [LedgerLocation]) -> Look {
            Look(
                id: id, place: place, name: shared.name, finding: finding,
                home: LedgerHome(
                    standing: standing, locations: locations, codex: repository.place, looked: looked))
        }
        let recorded = id.flatMap { known.record(of: $0.description, name: shared.name) }
        if let record = recorded,
            let held = record.places.first(where: { $0.path == place.path || $0.isFolder(of: place) })
        {
            return made(.own(record, isCurrent: isSame(held, place)), .own, [record.ledger])
        }
        // An id that is lost, or that the owner of a repository gave it and we cannot change.
        if let record = known.all().first(where: { holds($0, place) }) {
            let isCurrent = record.places.contains { $0.isByPath && isSame($0, place) }
            return made(.own(record, isCurrent: isCurrent), .own, [record.ledger])
        }
        if let record = recorded {
            if let original = record.places.first(where: { isLive($0, id) }) {
                return made(.alike, .alike(copyOf: original.path), [record.ledger])
            }
            // It has moved here.
            return made(.own(record, isCurrent: false), .own, [record.ledger])
        }
        let left = earlier.filter { $0.exists && !known.isTaken($0) }
        if left.count == 1, let one = left.first { return made(.earlier(one), .earlier, left) }
        if left.count > 1 { return made(.alike, .alike(copyOf: nil), left) }
        let alike = id == nil ? try ledgersAlike() : []
        if !alike.isEmpty { return made(.alike, .alike(copyOf: nil), alike) }
        let folder =
            id.map { known.folder(name: shared.name, id: $0.description) } ?? "\(known.folder)/\(shared.name)-NEW"
        return made(.unknown, .unknown, [LedgerLocation(path: folder + "/ledger.sqlite")])
    }

    private func holds(_ record: LedgerRecord, _ place: LedgerRecord.Place) -> Bool {
        record.folder == repository.identity.folder && record.places.contains { isSame($0, place) }
            && isOfHistory(record)
    }

    /// Whether the repository has a root commit of the record's codex. A new repository in the old one's place does
    /// not, although it may well have the same inode.
    private func isOfHistory(_ record: LedgerRecord) -> Bool {
        let roots = record.roots.compactMap { CommitID($0) }
        return roots.isEmpty || roots.contains(where: repository.has)
    }

    /// Whether a known place is that of this very folder, whatever id it has.
    private func isSame(_ known: LedgerRecord.Place, _ place: LedgerRecord.Place) -> Bool {
        known.path == place.path && known.isFolder(of: place)
    }

    /// Whether a repository is still there and has the id, so that it is not a earlier place of this one.
    private func isLive(_ place: LedgerRecord.Place, _ id: CodexID?) -> Bool {
        // An unreadable place is not in use.
        let there = (try? CodexIdentity.id(of: repository.identity.folder, inShared: place.path)) ?? nil
        return there == id || place.isByPath && there == nil && GitFolder.isThere(place.path)
    }

    /// The places in which 0.1.0 kept the ledgers of this repository: each work tree had one.
    private func earlierLocations() throws -> [LedgerLocation] {
        let places = try [repository.place] + repository.identity.workTrees() + [repository.identity.sharedPlace().path]
        var seen: Set<LedgerLocation> = []
        return places.map { LedgerLocation.byPath($0, environment: environment) }.filter { seen.insert($0).inserted }
    }

    private func ledgersAlike() throws -> [LedgerLocation] {
        let records = known.all()
        guard !records.isEmpty else { return [] }
        let sketch = sketch()
        return records.filter { $0.isLike(sketch) && $0.ledger.exists }.map(\.ledger)
    }

    /// The codex's features for comparison. Unreadable ones match nothing, and loading the codex says why.
    private func sketch() -> LedgerRecord {
        let commit = try? repository.resolve(revision)
        let roots = commit.flatMap { try? repository.history.roots(of: $0) } ?? []
        let organisation = commit.flatMap { (try? repository.identity.organisation(at: $0)) ?? nil } ?? ""
        return LedgerRecord(
            id: "", ledger: LedgerLocation(path: "/"), roots: roots.map(\.hex), folder: repository.identity.folder,
            organisation: organisation, places: [])
    }

    // MARK: Taking

    /// The codex's own ledger for a writer: adopted from where an earlier version kept it, and recorded.
    ///
    /// - Parameter isMaking: whether to create an unknown one; otherwise an unknown one is not an error, and nothing
    ///   changes.
    /// - Throws: of kind `.usage` if there is only a similar one.
    package func claim(isMaking: Bool) throws -> LedgerHome {
        let look = try look()
        switch look.finding {
        case .own(_, isCurrent: true): return look.home
        case .unknown where !isMaking: return look.home
        default: break
        }
        try known.withLock { try repository.identity.withSharedLock { try settle() } }
        return try find()
    }

    /// The caller holds both locks.
    private func settle() throws {
        let look = try look()
        switch look.finding {
        case .own(_, isCurrent: true): break
        case .own(var record, isCurrent: false):
            // The copied id gives way if the owner has set one since.
            record.id = look.id?.description ?? record.id
            let others = record.places.filter { $0.path != look.place.path && !$0.isFolder(of: look.place) }
            // Those that are gone have moved here.
            record.places = others.filter { isLive($0, look.id ?? CodexID(record.id)) }
            try remember(record, look)
        case .alike: throw look.home.refusal
        case .earlier(let location): try begin(location, look)
        case .unknown:
            // Of a codex that was in this place before.
            try forget(look.place, but: nil)
            try begin(nil, look)
        }
    }

    /// - Parameter location: a ledger that is there; nil takes the folder that the id names.
    private func begin(_ location: LedgerLocation?, _ look: Look, id: CodexID? = nil) throws {
        let id = id ?? look.id ?? CodexID()
        var record = sketch()
        record.id = id.description
        record.ledger =
            location?.followingLink()
            ?? LedgerLocation(path: known.folder(name: look.name, id: id.description) + "/ledger.sqlite")
        try remember(record, look)
    }

    /// Writes the record, after the id that leads to it.
    private func remember(_ record: LedgerRecord, _ look: Look) throws {
        var record = record
        var place = look.place
        if look.id?.description != record.id, let id = CodexID(record.id) {
            place.isByPath = try !repository.identity.setID(id)
        }
        record.places.append(place)
        try known.save(record, name: look.name)
    }

    // MARK: Using

    /// Makes an existing ledger, or an empty one, this codex's ledger.
    ///
    /// - Parameter location: nil creates an empty one.
    /// - Returns: the ledger, and the codex's previous one.
    package func use(_ location: LedgerLocation?) throws -> (ledger: LedgerLocation, before: LedgerLocation?) {
        try known.withLock {
            try repository.identity.withSharedLock {
                let look = try look()
                let before = look.home.standing == .unknown ? nil : look.home.location
                let wanted = location?.followingLink()
                try forget(look.place, but: wanted)
                if var record = wanted.flatMap({ wanted in known.all().first { $0.ledger == wanted } }) {
                    record.places.removeAll { $0.path == look.place.path || $0.isFolder(of: look.place) }
                    try remember(record, look)
                } else {
                    try begin(wanted, look, id: CodexID())
                }
                guard let ledger = try find().location else {
                    throw Failure(.unavailable, "\(repository.place): the selected ledger cannot be found")
                }
                return (ledger, before.flatMap { $0 == ledger ? nil : $0 })
            }
        }
    }

    /// The repository is no longer a place of other ledgers.
    private func forget(_ place: LedgerRecord.Place, but ledger: LedgerLocation?) throws {
        for var record in known.all() where record.ledger != ledger && record.folder == repository.identity.folder {
            let left = record.places.filter { $0.path != place.path && !$0.isFolder(of: place) }
            guard left != record.places else { continue }
            record.places = left
            try known.save(record, name: place.path)
        }
    }
}
