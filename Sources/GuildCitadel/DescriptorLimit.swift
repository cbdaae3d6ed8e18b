import Foundation

/// How many descriptors the process may have open.
enum DescriptorLimit {
    /// The reserve for our own work besides connections: the ledger and its readers, git, calls to models and systems.
    static let reserve = 256
    /// The assumed limit if the system reports none.
    private static let fallback = 1024

    /// Raises the soft limit to the hard one; programs that we start have it, too.
    ///
    /// - Returns: the limit that holds now.
    static func raise() -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return fallback }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        if raised.rlim_cur > limit.rlim_cur, setrlimit(resource, &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many connections leave the reserve alone; of a very low limit a quarter goes to them.
    static func connections(of limit: Int, atMost wanted: Int) -> Int {
        min(wanted, max(limit - reserve, limit / 4))
    }
}
