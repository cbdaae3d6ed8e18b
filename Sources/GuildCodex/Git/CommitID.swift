/// The SHA-1 of a commit: 40 lower-case hexadecimal digits.
package struct CommitID: Sendable, Hashable, CustomStringConvertible {
    /// The 40 hexadecimal digits in lower case.
    package let hex: String

    /// - Returns: nil unless the text is exactly 40 hexadecimal digits; upper case is lowered.
    package init?(_ text: String) {
        let lowered = text.lowercased()
        guard lowered.utf8.count == 40,
            lowered.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        hex = lowered
    }

    /// The first 12 digits, for people.
    package var short: String { String(hex.prefix(12)) }

    package var description: String { hex }
}

/// A file of the codex as it was at one commit, or in the work tree.
package struct CodexFile: Sendable, Hashable {
    /// Relative to the codex root, with `/` between the steps.
    package let path: String
    /// The content of the file.
    package let bytes: [UInt8]
    /// Git's name of the bytes; nil if they are not from git.
    package let blob: BlobID?

    package init(path: String, bytes: [UInt8], blob: BlobID? = nil) {
        self.path = path
        self.bytes = bytes
        self.blob = blob
    }
}

/// How much of a repository is read into one snapshot.
package struct CodexLimits: Sendable, Hashable {
    /// The largest file, in bytes.
    package var fileBytes: Int
    /// The largest sum of all files, in bytes.
    package var totalBytes: Int
    /// The most files.
    package var files: Int
    /// Folders below the codex root.
    package var depth: Int
    /// Every visited entry: files, folders, and ignored entries. A tree that is named often counts each time, because
    /// it is walked each time.
    package var entries: Int
    /// How long reading and validating one commit may take.
    package var duration: Duration

    /// The longest path there is (PATH_MAX, limits.h).
    static let pathBytes = 4096

    package init(
        fileBytes: Int = 8 << 20, totalBytes: Int = 128 << 20, files: Int = 20_000, depth: Int = 16,
        entries: Int = 50_000, duration: Duration = .seconds(60)
    ) {
        self.entries = entries
        self.duration = duration
        self.fileBytes = fileBytes
        self.totalBytes = totalBytes
        self.files = files
        self.depth = depth
    }
}

/// The files of one codex, and the omitted entries.
package struct CodexTree: Sendable {
    /// Below the repository's root; empty if the codex is the root itself.
    package var folder: String
    /// In the order of their paths.
    package var files: [CodexFile] = []
    /// Problems with files that were left out.
    package var problems: [Problem] = []
    /// Compared with the next commit; nil if an entry was omitted, or the files are not from git.
    var memory: FolderMemory?

    package init(folder: String, files: [CodexFile] = []) {
        self.folder = folder
        self.files = files
    }
}

/// Collects files within the limits; a file beyond them becomes a problem, never a silent gap.
struct CodexTreeBuilder {
    private(set) var tree: CodexTree
    private let limits: CodexLimits
    private let deadline: LoadDeadline?
    private var totalBytes = 0
    private var entries = 0
    private var isFull = false

    /// An ignored entry, and its kind.
    struct Ignored: Sendable {
        let path: String
        let what: String
    }

    init(folder: String, limits: CodexLimits, deadline: LoadDeadline? = nil) {
        tree = CodexTree(folder: folder)
        self.limits = limits
        self.deadline = deadline
    }

    /// Whether this many more entries may be visited; none may once the codex is full or its time is up.
    mutating func admits(entries more: Int) -> Bool {
        guard !isFull else { return false }
        entries += more
        guard entries <= limits.entries else {
            refuse(
                tree.folder.isEmpty ? "guild.yaml" : tree.folder,
                "a codex with too many files and folders",
                expected: "at most \(limits.entries)")
            isFull = true
            return false
        }
        // The owner of the deadline tells the caller.
        if deadline?.isOver == true { isFull = true }
        return !isFull
    }

    mutating func admits(pathBytes: Int, in folder: String) -> Bool {
        guard pathBytes > CodexLimits.pathBytes else { return true }
        refuse(
            String(folder.prefix(80)), "a path of \(pathBytes) bytes", expected: "at most \(CodexLimits.pathBytes)")
        isFull = true
        return false
    }

    /// Whether a file of that size may be read; reports a problem if not.
    mutating func admits(_ path: String, bytes: Int) -> Bool {
        guard !isFull else { return false }
        guard bytes <= limits.fileBytes else {
            refuse(path, "a file of \(bytes) bytes", expected: "at most \(limits.fileBytes) bytes")
            return false
        }
        guard tree.files.count < limits.files, totalBytes + bytes <= limits.totalBytes else {
            refuse(
                path, "a codex that is too large",
                expected: "at most \(limits.files) files of \(limits.totalBytes) bytes together")
            isFull = true
            return false
        }
        return true
    }

    mutating func admitsFolder(_ path: String, depth: Int) -> Bool {
        guard !isFull else { return false }
        guard depth <= limits.depth else {
            refuse(path, "a folder \(depth) levels deep", expected: "at most \(limits.depth) levels")
            return false
        }
        return true
    }

    mutating func add(_ path: String, _ bytes: [UInt8]) { add(CodexFile(path: path, bytes: bytes)) }

    mutating func add(_ file: CodexFile) {
        totalBytes += file.bytes.count
        tree.files.append(file)
    }

    mutating func ignore(_ entry: Ignored) { ignore(entry.path, entry.what) }

    mutating func ignore(_ path: String, _ what: String) {
        // One more than is shown, so that it is said that there are more.
        guard tree.problems.count <= Findings.maximumProblems else { return }
        tree.problems.append(
            Problem(
                .warning, at: SourceLocation(file: path), found: "\(what), which is ignored", expected: "a plain file")
        )
    }

    /// Git orders `a.yaml` before `a/b`; people and digests want the order of the paths.
    func finished() -> CodexTree {
        var tree = tree
        tree.files.sort { $0.path < $1.path }
        return tree
    }

    private mutating func refuse(_ path: String, _ found: String, expected: String) {
        tree.problems.append(Problem(.error, at: SourceLocation(file: path), found: found, expected: expected))
        if tree.problems.count > Findings.maximumProblems { isFull = true }
    }
}
