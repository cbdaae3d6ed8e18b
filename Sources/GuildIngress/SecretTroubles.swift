import Synchronization

/// The secrets of an endpoint that could not be resolved at the last look, so that each change is logged once.
final class SecretTroubles: Sendable {
    private let known = Mutex<[String: [String]]>([:])

    /// - Returns: whether the problems have changed since the last look; at first there are none.
    func isNews(_ problems: [String], of endpoint: String) -> Bool {
        known.withLock { known in
            defer { known[endpoint] = problems }
            return known[endpoint, default: []] != problems
        }
    }
}
