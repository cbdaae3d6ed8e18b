import Synchronization

/// Which secrets of an endpoint could not be had when it was last looked, so that each change is told once.
final class SecretTroubles: Sendable {
    private let known = Mutex<[String: [String]]>([:])

    /// - Returns: whether the problems are others than at the last look; none are what they begin with.
    func isNews(_ problems: [String], of endpoint: String) -> Bool {
        known.withLock { known in
            defer { known[endpoint] = problems }
            return known[endpoint, default: []] != problems
        }
    }
}
