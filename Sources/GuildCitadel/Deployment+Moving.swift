import GuildCodex
import GuildDomain
import GuildLedger
import Logging

extension Deployment {
    /// Takes up the repository that a symbolic link in the codex's path leads to since it was switched, if that is the
    /// same codex: of the same history, and not one with a ledger of its own. The ledger is then its too.
    func followMove() async throws {
        let repository = access.repository
        guard repository.hasMoved else { return }
        let before = repository.place
        let isTaken = try await onOwnThread {
            [access, ledger, codex] () throws -> Bool in
            let other = try access.elsewhere()
            let standing = try LedgerHome.Standing.named == access.ledgerHome().standing ? nil : other.ledgerHome()
            if let standing, standing.standing == .own, standing.location?.followingLink() != ledger.location {
                throw Self.isAnother(other.repository.place, "it has a ledger of its own")
            }
            let roots = try other.repository.history.roots(of: try other.tip())
            let accepted = CommitID(codex.head.commit)
            let ours = try accepted.map { try repository.history.roots(of: $0) } ?? []
            guard !roots.isEmpty, roots == ours else {
                throw Self.isAnother(other.repository.place, "its history has a different root")
            }
            guard let standing, standing.standing != .own else { return false }
            _ = try LedgerFinder(other, environment: access.environment).use(ledger.location)
            return true
        }
        try repository.followMove()
        if isTaken {
            try await ledger.codex.noteTaken(by: repository.place, before: nil, actor: "serve", now: time.now)
        }
        logger.notice(
            "the codex's path now leads elsewhere", metadata: ["from": "\(before)", "to": "\(repository.place)"])
    }

    private static func isAnother(_ place: String, _ reason: String) -> Failure {
        Failure(
            .refused, "\(place): the codex's path now leads to another codex: \(reason)",
            hint: "guild keeps serving the previous one; restart `guild serve` to serve the other codex")
    }
}
