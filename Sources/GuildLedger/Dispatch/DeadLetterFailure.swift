package import GuildDomain

/// Why a dead letter is not available.
package enum DeadLetterFailure: GuildError, Equatable {
    case unknown(String)
    case notDead(String, state: InvocationState)
    case dropped(String)
    /// Retention has erased its content.
    case erased(String)

    package var kind: ErrorKind { .usage }

    package var message: String {
        switch self {
        case .unknown(let id): "there is no dead letter '\(id)'"
        case .notDead(let id, let state): "invocation \(id) is not a dead letter: it is \(state.rawValue)"
        case .dropped(let id): "dead letter \(id) was discarded"
        case .erased(let id): "dead letter \(id) cannot continue: retention has erased its event and its journal"
        }
    }

    package var hint: String? {
        switch self {
        case .unknown, .dropped: "`guild dispatch dead-letters list` shows them"
        case .notDead(let id, _): "`guild audit show \(id)` shows what it did"
        case .erased(let id): "`guild dispatch dead-letters drop \(id)` discards it; a new event starts over"
        }
    }
}
