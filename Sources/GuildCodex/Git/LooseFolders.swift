import CLibGit2
import Foundation

/// Which folders of objects that stand alone a repository has, each looked at once for a whole walk: after `git gc` there
/// are hardly any, and nothing to open for the thousands of objects that are in packs.
///
/// A folder that appears during the walk is not noticed. The objects that the walk reads existed before, so they are in
/// a pack.
struct LooseFolders {
    private let objects: String?
    private var isThere: [Bool?] = Array(repeating: nil, count: 256)

    init(of repository: OpaquePointer) {
        objects = git_repository_commondir(repository).map { String(cString: $0) + "objects/" }
    }

    /// Whether the object may stand in a file of its own.
    mutating func mayHold(_ oid: UnsafePointer<git_oid>?) -> Bool {
        guard let oid, let objects else { return true }
        let first = oid.pointee.id.0
        if let known = isThere[Int(first)] { return known }
        let name = (first < 16 ? "0" : "") + String(first, radix: 16)
        let found = access(objects + name, F_OK) == 0 || errno != ENOENT
        isThere[Int(first)] = found
        return found
    }
}
