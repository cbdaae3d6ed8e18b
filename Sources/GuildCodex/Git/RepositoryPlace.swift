/// Where a repository is: the git directory that its work trees share.
package struct RepositoryPlace: Sendable, Hashable {
    /// Absolute, without symbolic links.
    package let path: String
    /// Together with `inode`, the identity that survives a rename of the folder and differs in a copy; 0 if it cannot
    /// be read.
    package let device: UInt64
    /// The inode on `device`; 0 if it cannot be read.
    package let inode: UInt64

    package init(path: String, device: UInt64, inode: UInt64) {
        self.path = path
        self.device = device
        self.inode = inode
    }

    /// `shop` of `/srv/shop/.git` and of `/srv/shop.git`.
    package var name: String {
        var steps = path.split(separator: "/").map(String.init)
        if steps.last == ".git" { steps.removeLast() }
        let name = steps.last ?? ""
        let bare = name.hasSuffix(".git") ? String(name.dropLast(".git".count)) : name
        return bare.isEmpty ? "codex" : bare
    }
}
