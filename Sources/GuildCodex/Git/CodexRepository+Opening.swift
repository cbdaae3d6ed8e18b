import CLibGit2
import Foundation

extension CodexRepository {
    /// Opens the repository at `path` or above it; formats that libgit2 cannot read get their own message.
    static func open(_ path: String) throws(CodexRepositoryError) -> OpaquePointer {
        guard GitLibrary.status >= 0 else { throw .unreadable(place: path, detail: GitLibrary.lastError()) }
        guard PathKind(at: path) != nil else { throw .missing(place: path) }
        try SpecialFiles.refuse(around: path)
        var repository: OpaquePointer?
        let code = git_repository_open_ext(&repository, path, GIT_REPOSITORY_OPEN_CROSS_FS.rawValue, nil)
        let detail = code < 0 ? GitLibrary.lastError() : ""
        if let format = foreignFormat(above: path) {
            git_repository_free(repository)
            throw .unsupportedFormat(place: path, format: format)
        }
        guard code == 0, let repository else {
            git_repository_free(repository)
            if let name = unknownExtension(above: path) { throw .unsupportedExtension(place: path, name: name) }
            switch code {
            case GIT_EOWNER.rawValue: throw .foreignOwner(place: ownedFolder(above: path))
            case GIT_ENOTFOUND.rawValue:
                guard let folder = gitFolder(above: path) else { throw .missing(place: path) }
                // libgit2 1.5 reports "not found" for another user's repository if no safe.directory is configured.
                guard isOurs(folder) else { throw .foreignOwner(place: ownedFolder(above: path)) }
                throw .unreadable(place: path, detail: detail)
            default: throw .unreadable(place: path, detail: detail)
            }
        }
        return repository
    }

    /// Starts libgit2 ahead of need: Debian's build reads every CA certificate then, some 5 ms that a command can spend on
    /// another thread while it opens the ledger. Opening a repository does the same, and waits for a start under way.
    package static func prepare() { _ = GitLibrary.status }

    /// Whether a repository can be found from `path` upwards.
    static func isInsideRepository(_ path: String) -> Bool { gitFolder(above: path) != nil }

    /// The object or ref storage that libgit2 1.5 cannot read, by the repository's own configuration. Looked up here
    /// because the library reports both as an unknown extension, in words that may change.
    private static func foreignFormat(above path: String) -> String? {
        guard let folder = gitFolder(above: path) else { return nil }
        var configuration: OpaquePointer?
        defer { git_config_free(configuration) }
        guard git_config_open_ondisk(&configuration, folder + "/config") == 0 else { return nil }
        if value("extensions.objectformat", in: configuration)?.lowercased() == "sha256" { return "SHA-256 objects" }
        if value("extensions.refstorage", in: configuration)?.lowercased() == "reftable" {
            return "the reftable format"
        }
        return nil
    }

    /// The first extension that libgit2 1.5 does not know, in a repository whose format has some (gitrepository-layout(5)):
    /// `worktreeConfig` of a sparse check-out, `partialClone`.
    private static func unknownExtension(above path: String) -> String? {
        guard let folder = gitFolder(above: path), let text = extensions(in: folder + "/config") else { return nil }
        return text.first { !["noop", "objectformat"].contains($0.lowercased()) }
    }

    private static func extensions(in file: String) -> [String]? {
        var (configuration, iterator): (OpaquePointer?, OpaquePointer?)
        defer {
            git_config_iterator_free(iterator)
            git_config_free(configuration)
        }
        guard git_config_open_ondisk(&configuration, file) == 0,
            (value("core.repositoryformatversion", in: configuration).flatMap { Int($0) } ?? 0) > 0,
            git_config_iterator_glob_new(&iterator, configuration, "^extensions\\.") == 0
        else { return nil }
        var names: [String] = []
        var entry: UnsafeMutablePointer<git_config_entry>?
        while names.count < maximumExtensions, git_config_next(&entry, iterator) == 0, let name = entry?.pointee.name {
            names.append(String(String(cString: name).dropFirst("extensions.".count)))
        }
        return names
    }

    private static let maximumExtensions = 64

    private static func value(_ key: String, in configuration: OpaquePointer?) -> String? {
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        guard git_config_get_string_buf(&buffer, configuration, key) == 0, let text = buffer.ptr else { return nil }
        return String(cString: text)
    }

    /// The nearest `.git` folder (or the one that a `.git` file of a linked work tree shares), or bare repository.
    static func gitFolder(above path: String) -> String? {
        var folder = path
        for _ in 0..<maximumFolders {
            if let found = gitFolder(at: folder) { return found }
            guard folder != "/", let slash = folder.lastIndex(of: "/") else { return nil }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
        return nil
    }

    private static func gitFolder(at folder: String) -> String? {
        let below = folder + "/.git"
        if PathKind(at: below + "/HEAD") != nil { return below }
        if PathKind(at: folder + "/HEAD") != nil, PathKind(at: folder + "/objects") == .folder { return folder }
        guard PathKind(at: below) == .file else { return nil }
        // An unreadable `.git` file is not a repository; opening it says why.
        guard let text = try? String(contentsOfFile: below, encoding: .utf8), text.hasPrefix("gitdir:") else {
            return nil
        }
        let named = text.dropFirst("gitdir:".count).trimmingCharacters(in: .whitespacesAndNewlines)
        let linked = CodexLocation(named, workingDirectory: folder).path
        // A linked work tree names the shared folder here; a submodule has none.
        guard PathKind(at: linked + "/commondir") == .file,
            let shared = try? String(contentsOfFile: linked + "/commondir", encoding: .utf8)
        else { return linked }
        return CodexLocation(shared.trimmingCharacters(in: .whitespacesAndNewlines), workingDirectory: linked).path
    }

    private static func isOurs(_ folder: String) -> Bool {
        var status = stat()
        return stat(folder, &status) == 0 && status.st_uid == geteuid()
    }

    private static func ownedFolder(above path: String) -> String {
        guard let folder = gitFolder(above: path) else { return path }
        return folder.hasSuffix("/.git") ? String(folder.dropLast("/.git".count)) : folder
    }

    static func damage(_ failure: GitFailure, place: String) -> CodexRepositoryError {
        let detail = failure.detail.escapingControls
        return switch failure.code {
        case GitFailure.tooLargeCode: .tooLarge(place: place, detail: detail)
        case GitFailure.malformedCode: .malformed(place: place, detail: detail)
        case GIT_ELOCKED.rawValue: .locked(place: place, detail: detail)
        default: .corrupt(place: place, detail: detail)
        }
    }

    static func resolvingLinks(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    static let maximumFolders = 256
}
