package import GuildDomain

/// Why an approval could not be decided.
package enum ApprovalFailure: GuildError, Equatable {
    case unknown(String)
    case decided(ActionID, state: String)

    package var kind: ErrorKind { .usage }

    package var message: String {
        switch self {
        case .unknown(let id): "there is no action '\(id)' that waits for approval"
        case .decided(let id, let state): "action \(id) does not wait for approval: its state is '\(state)'"
        }
    }

    package var hint: String? { "`guild audit approvals` lists the waiting ones" }
}
