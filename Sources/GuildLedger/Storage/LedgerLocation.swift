import CLinux
import Foundation

/// The places of a ledger and of the files beside it.
///
///     ledger.sqlite          the database; SQLite adds -wal and -shm
///     ledger.sqlite.lock     taken by each writing process around a batch
///     ledger.sqlite.use      shared by all processes with the ledger open; a restore takes it alone
///     ledger.sqlite.d/       bodies/ (content-addressed) and bodies.lock, workers/ (one locked file for each live
///                            worker), housekeeping.lock
package struct LedgerLocation: Sendable, Hashable {
    /// An absolute path.
    package let path: String

    package init(path: String) { self.path = path }

    /// Reads `sqlite:PATH`, or a path that looks like one: with a slash in it, or ending as a database's name does.
    /// Relative to `workingDirectory`.
    package init(url: String, workingDirectory: String) throws(LedgerFailure) {
        var path = url
        if let colon = url.firstIndex(of: ":"), !url[..<colon].contains("/") {
            guard url[..<colon] == "sqlite" else { throw LedgerFailure.unsupportedURL(url) }
            path = String(url[url.index(after: colon)...])
            if path.hasPrefix("//") { path = String(path.dropFirst(2)) }
        } else if !path.isEmpty, !path.contains("/"), !Self.endings.contains(where: path.hasSuffix) {
            throw LedgerFailure.bareWord(url)
        }
        guard !path.isEmpty else { throw LedgerFailure.unsupportedURL(url) }
        self.path = path.hasPrefix("/") ? path : workingDirectory + "/" + path
    }

    private static let endings = [".sqlite", ".sqlite3", ".db"]

    /// `$XDG_STATE_HOME/guild/<repo>-<8 hex of its absolute path>/ledger.sqlite`: where version 0.1.0 kept the ledger of a
    /// repository. It is still found there.
    package static func byPath(_ repositoryPath: String, environment: [String: String]) -> LedgerLocation {
        let url = URL(fileURLWithPath: repositoryPath).resolvingSymlinksInPath()
        var name = url.lastPathComponent
        if name == ".git" { name = url.deletingLastPathComponent().lastPathComponent }
        if name.hasSuffix(".git") { name = String(name.dropLast(4)) }
        let digest = ContentDigest.hex(of: Array(url.path.utf8)).prefix(8)
        let folder = "\(stateFolder(environment))/guild/\(name.isEmpty ? "codex" : name)-\(digest)"
        return LedgerLocation(path: "\(folder)/ledger.sqlite")
    }

    /// `$XDG_STATE_HOME`; without the variable `~/.local/state`, the home from the password database so that it works
    /// without `HOME`.
    static func stateFolder(_ environment: [String: String]) -> String {
        if let folder = environment["XDG_STATE_HOME"], folder.hasPrefix("/") { return folder }
        return homeFolder() + "/.local/state"
    }

    /// Whether it is the copy in a folder that `guild ledger backup` made, whose sums a ledger in use would spoil.
    package var isBackup: Bool { DurableFile.exists("\(folder)/\(BackupFolder.manifest)") }

    /// The same place without links and steps back on its way, so that it stays the same wherever it was named from.
    package var resolved: LedgerLocation {
        LedgerLocation(path: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
    }

    /// Whether a file is there.
    package var exists: Bool { access(path, F_OK) == 0 }

    /// The path of SQLite's write-ahead log.
    package var walPath: String { path + "-wal" }
    var lockPath: String { path + ".lock" }
    /// Exists once the ledger has its tables.
    var madePath: String { sideFolder + "/made" }
    var usePath: String { path + ".use" }
    var sideFolder: String { path + ".d" }
    var housekeepingPath: String { sideFolder + "/housekeeping.lock" }
    var bodiesFolder: String { sideFolder + "/bodies" }
    var workersFolder: String { sideFolder + "/workers" }
    /// The folder of the database.
    package var folder: String { (path as NSString).deletingLastPathComponent }

    private static func homeFolder() -> String {
        guard let entry = getpwuid(getuid()), let home = entry.pointee.pw_dir else { return "/tmp" }
        return String(cString: home)
    }

    /// The location of the file itself, if `path` is a symbolic link to it: SQLite puts its log beside the file, so
    /// everything else must be there too.
    package func followingLink() -> LedgerLocation {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, let real = realpath(path, nil) else {
            return self
        }
        defer { free(real) }
        return LedgerLocation(path: String(cString: real))
    }

    /// SQLite's locks are not safe on these (`man 2 statfs`, linux/magic.h): NFS, SMB 1 to 3, CIFS, NCP, AFS, Coda,
    /// Ceph, Lustre, GPFS, 9P, folders shared with a VirtualBox host.
    private static let networkTypes: Set<UInt> = [
        0x6969, 0x517B, 0xFE53_4D42, 0xFF53_4D42, 0x564C, 0x5346_414F, 0x6B41_4653, 0x7375_7245, 0x00C3_6400,
        0x0BD0_0BD0, 0x4750_4653, 0x0102_1997, 0x786F_4256,
    ]

    /// Whether a file system of that type (`f_type` of statfs) is on another machine.
    static func isNetwork(fileSystemType: UInt) -> Bool { networkTypes.contains(fileSystemType & 0xFFFF_FFFF) }

    func refuseNetworkFileSystem() throws(LedgerFailure) {
        if Self.isNetwork(fileSystemType: guild_linux_file_system_type(folder)) {
            throw LedgerFailure.networkFileSystem(path: path)
        }
    }
}
