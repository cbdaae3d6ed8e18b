import GuildDomain

/// The state folder's record of a ledger and its codex: a file `codex.json` in a folder of the state folder, as a rule
/// beside the ledger itself.
package struct LedgerRecord: Sendable, Hashable {
    /// A repository that this ledger is used from.
    package struct Place: Sendable, Hashable {
        /// The git directory that the work trees share, without symbolic links.
        package var path: String
        package var device: UInt64
        package var inode: UInt64
        /// Whether the repository cannot be written to, so that only its path identifies it.
        package var isByPath: Bool

        package init(path: String, device: UInt64, inode: UInt64, isByPath: Bool = false) {
            self.path = path
            self.device = device
            self.inode = inode
            self.isByPath = isByPath
        }

        /// Whether it is the same folder, renamed or not.
        package func isFolder(of other: Place) -> Bool {
            inode != 0 && inode == other.inode && device == other.device
        }
    }

    /// Of the codex: 32 hexadecimal digits.
    package var id: String
    package var ledger: LedgerLocation
    /// The commits without a parent that the codex came from when this was written; none if they are not known.
    package var roots: [String]
    /// Of the codex in its repository; empty if it is the root or `codex/`.
    package var folder: String
    package var organisation: String
    package var places: [Place]

    package init(
        id: String, ledger: LedgerLocation, roots: [String], folder: String, organisation: String, places: [Place]
    ) {
        self.id = id
        self.ledger = ledger
        self.roots = roots
        self.folder = folder
        self.organisation = organisation
        self.places = places
    }

    /// Whether it may be the ledger of a codex that has none: the same history in the same folder, whatever its name is
    /// now. If the history is unknown, as in a shallow clone, only the name can be compared.
    package func isLike(_ other: LedgerRecord) -> Bool {
        guard folder == other.folder else { return false }
        guard !roots.isEmpty, !other.roots.isEmpty else {
            return !organisation.isEmpty && organisation == other.organisation
        }
        return roots == other.roots
    }

    // MARK: JSON

    var json: JSONValue {
        [
            "id": .string(id), "ledger": .string(ledger.path), "roots": .array(roots.map { .string($0) }),
            "folder": .string(folder), "organisation": .string(organisation),
            "places": .array(
                places.map { place in
                    [
                        "path": .string(place.path), "device": .string(String(place.device)),
                        "inode": .string(String(place.inode)), "by_path": .bool(place.isByPath),
                    ]
                }),
        ]
    }

    /// - Returns: nil if this program did not write it.
    init?(json: JSONValue) {
        guard let id = json["id"]?.string, let ledger = json["ledger"]?.string, ledger.hasPrefix("/"),
            let places = json["places"]?.array
        else { return nil }
        self.init(
            id: id, ledger: LedgerLocation(path: ledger), roots: json["roots"]?.array?.compactMap(\.string) ?? [],
            folder: json["folder"]?.string ?? "", organisation: json["organisation"]?.string ?? "",
            places: places.compactMap { place in
                guard let path = place["path"]?.string else { return nil }
                return Place(
                    path: path, device: place["device"]?.string.flatMap { UInt64($0) } ?? 0,
                    inode: place["inode"]?.string.flatMap { UInt64($0) } ?? 0, isByPath: place["by_path"] == true)
            })
    }
}
