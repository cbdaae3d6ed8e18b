import CLibGit2

/// Starts libgit2 once for the process.
enum GitLibrary {
    /// Reading it starts the library; a negative value is the failure.
    static let status: Int32 = git_libgit2_init()

    /// The message of the last failure on this thread; call it before anything else runs here.
    static func lastError() -> String {
        guard let error = git_error_last(), let message = error.pointee.message else { return "unknown error" }
        return String(cString: message)
    }
}

/// A failed call of libgit2 with the library's own words.
struct GitFailure: Error {
    let code: Int32
    let detail: String

    /// Our own refusal of an object beyond its size limit. libgit2's own codes are negative.
    static func tooLarge(_ detail: String) -> GitFailure { GitFailure(code: tooLargeCode, detail: detail) }
    static let tooLargeCode: Int32 = 1

    /// An intact but malformed object: its author is at fault, not the repository.
    static func malformed(_ detail: String) -> GitFailure { GitFailure(code: malformedCode, detail: detail) }
    static let malformedCode: Int32 = 2

    /// Throws unless `code` says success.
    static func check(_ code: Int32) throws(GitFailure) {
        guard code < 0 else { return }
        throw GitFailure(code: code, detail: GitLibrary.lastError())
    }
}

extension CodexRepositoryError {
    /// A failure while reading: the repository's damage, unless the code says otherwise.
    init(_ failure: GitFailure, place: String) {
        let detail = failure.detail.escapingControls
        self =
            switch failure.code {
            case GitFailure.tooLargeCode: .tooLarge(place: place, detail: detail)
            case GitFailure.malformedCode: .malformed(place: place, detail: detail)
            case GIT_ELOCKED.rawValue: .locked(place: place, detail: detail)
            default: .corrupt(place: place, detail: detail)
            }
    }
}

/// Patience with another process that holds the lock of a ref or of a configuration: a second in all.
enum GitLock {
    static let tries = 50
    static let pauseMicroseconds: UInt32 = 20_000
}

/// The repository handle. libgit2 allows one thread at a time on it and objects read from it.
///
/// `@unchecked Sendable`: it is only reached through the `Mutex` of `CodexRepository`.
struct GitHandle: ~Copyable, @unchecked Sendable {
    let repository: OpaquePointer

    deinit { git_repository_free(repository) }
}

extension git_oid {
    init?(_ commit: CommitID) {
        var oid = git_oid()
        guard git_oid_fromstr(&oid, commit.hex) == 0 else { return nil }
        self = oid
    }

    /// The same 20 bytes as a value.
    var blob: BlobID {
        withUnsafeBytes(of: id) { bytes in
            BlobID(
                high: bytes.loadUnaligned(as: UInt64.self),
                middle: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                low: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
        }
    }

    var hex: String {
        var copy = self
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 41) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            git_oid_tostr(start, 41, &copy)
            return String(cString: start)
        }
    }
}
