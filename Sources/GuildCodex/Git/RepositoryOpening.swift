import CLibGit2
import Foundation

/// Opens repositories, and says why one cannot be opened.
enum RepositoryOpening {
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
                guard let folder = GitFolder.nearest(above: path) else { throw .missing(place: path) }
                // libgit2 1.5 reports "not found" for another user's repository if no safe.directory is configured.
                guard isOurs(folder) else { throw .foreignOwner(place: ownedFolder(above: path)) }
                throw .unreadable(place: path, detail: detail)
            default: throw .unreadable(place: path, detail: detail)
            }
        }
        return repository
    }

    /// The object or ref storage that libgit2 1.5 cannot read, by the repository's own configuration. Looked up here
    /// because the library reports both as an unknown extension, in words that may change.
    private static func foreignFormat(above path: String) -> String? {
        guard let folder = GitFolder.nearest(above: path) else { return nil }
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
        guard let folder = GitFolder.nearest(above: path), let text = extensions(in: folder + "/config") else {
            return nil
        }
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

    private static func isOurs(_ folder: String) -> Bool {
        var status = stat()
        return stat(folder, &status) == 0 && status.st_uid == geteuid()
    }

    private static func ownedFolder(above path: String) -> String {
        guard let folder = GitFolder.nearest(above: path) else { return path }
        return folder.hasSuffix("/.git") ? String(folder.dropLast("/.git".count)) : folder
    }
}
