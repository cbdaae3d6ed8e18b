import GuildDomain

/// Objects that are small in git and without end for who walks them, put into a repository with git's own plumbing.
package enum TreeBomb {
    /// Puts a commit on branch `bomb`, on top of `HEAD`, whose folder `x` nests one shared tree a level.
    package static let nested = """
        set -eu
        blob=$(echo a | git hash-object -w --stdin)
        tree=$(printf '100644 blob %s\\t.h\\n' "$blob" | git mktree)
        for level in $(seq "$2"); do
            tree=$(for i in $(seq "$1"); do printf '040000 tree %s\\td%d\\n' "$tree" "$i"; done | git mktree)
        done
        root=$( (git ls-tree HEAD; printf '040000 tree %s\\tx\\n' "$tree") | git mktree)
        git update-ref refs/heads/bomb "$(git commit-tree "$root" -p HEAD -m bomb)"
        """

    /// As `nested`, each folder of a name of 250 letters: the paths, not the entries, grow.
    package static let longPaths = """
        set -eu
        blob=$(echo a | git hash-object -w --stdin)
        name=$(printf '%0250d' 1)
        tree=$(printf '100644 blob %s\\tf\\n' "$blob" | git mktree)
        for level in $(seq "$1"); do tree=$(printf '040000 tree %s\\t%s\\n' "$tree" "$name" | git mktree); done
        root=$( (git ls-tree HEAD; printf '040000 tree %s\\tx\\n' "$tree") | git mktree)
        git update-ref refs/heads/bomb "$(git commit-tree "$root" -p HEAD -m bomb)"
        """

    /// Puts a chain of so many tags of tags at `refs/tags/chain`.
    package static let tags = """
        set -eu
        object=$(git rev-parse HEAD) type=commit
        for level in $(seq "$1"); do
            object=$(printf 'object %s\\ntype %s\\ntag t\\ntagger T <t@localhost> 1 +0000\\n\\nt\\n' "$object" $type |
                git hash-object -t tag -w --stdin)
            type=tag
        done
        git update-ref refs/tags/chain "$object"
        """

    /// Puts a commit with so many parents, all the same one, on branch `bomb`.
    package static let parents = """
        set -eu
        head=$(git rev-parse HEAD)
        commit=$({
            echo "tree $(git rev-parse 'HEAD^{tree}')"
            yes "parent $head" | head -n "$1"
            printf 'author T <t@localhost> 1 +0000\\ncommitter T <t@localhost> 1 +0000\\n\\nmany\\n'
        } | git hash-object -t commit -w --stdin --literally)
        git update-ref refs/heads/bomb "$commit"
        """

    /// Runs one of the scripts in a repository.
    package static func make(_ script: String, _ numbers: [Int], in repository: String) async throws {
        let environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@localhost",
            "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@localhost",
        ]
        let finished = try await ChildProcess.run(
            "/bin/sh", ["-c", script, "bomb"] + numbers.map { String($0) }, environment: environment,
            directory: repository)
        guard finished.status == 0 else { throw Failure(.failed, "no bomb: \(finished.errors)") }
    }
}
