import Foundation
package import GuildDomain

/// The people whose commits may reconfigure guild: an allowed-signers file of ssh-keygen(1).
///
/// The file must come from outside the repository. If it came with the push, an attacker would push their own key
/// first; so a path inside the work tree is refused, and the repository's own configuration is ignored.
package struct CommitSigners: Sendable {
    /// Absolute.
    package let path: String
    private let git: GitProgram

    /// - Throws: `Failure` of kind `.usage` if the file does not exist, or if a push could write it.
    package init(
        file: String, workingDirectory: String, repository: CodexRepository, git: GitProgram
    ) throws(Failure) {
        let path = CodexLocation.resolvingLinks(CodexLocation(file, workingDirectory: workingDirectory).path)
        guard PathKind(at: path) == .file else {
            throw Failure(
                .usage, "\(path): no allowed-signers file",
                hint: "--signers names one: lines of `PRINCIPAL KEY`, see ALLOWED SIGNERS in ssh-keygen(1)")
        }
        let inside = [repository.workTree, repository.gitDirectory].compactMap(\.self)
            .map { CodexLocation.resolvingLinks($0) + "/" }
        guard !inside.contains(where: path.hasPrefix) else {
            throw Failure(
                .usage, "\(path): the allowed signers are inside the repository that they protect",
                hint: "move the file to a place that a push cannot change")
        }
        self.path = path
        self.git = git
    }

    /// Why the commit may not reconfigure guild; nil if one of the signers signed it.
    ///
    /// Only ssh signatures count: an OpenPGP signature would depend on the keyring of the user who runs guild. The
    /// signature of a commit covers its tree and, by their hashes, all commits before it.
    package func objection(
        to commit: CommitID, in repository: CodexRepository
    ) throws(Failure) -> String? {
        let settings = [
            "gpg.ssh.allowedSignersFile=\(path)", "gpg.format=ssh", "gpg.program=false", "gpg.openpgp.program=false",
            "gpg.x509.program=false", "gpg.ssh.program=ssh-keygen", "gpg.minTrustLevel=fully",
        ]
        let outcome = try git.run(
            settings.flatMap { ["-c", $0] } + ["verify-commit", commit.hex], in: repository.gitDirectory)
        guard outcome.status != 0 else { return nil }
        let reason = outcome.errors.isEmpty ? "it has no signature" : outcome.reason.escapingControls
        return "the commit is not signed by one of \(path): \(reason)"
    }
}
