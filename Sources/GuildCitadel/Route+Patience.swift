package import GuildHTTP
import GuildLedger

extension Route {
    /// The same route, whose handler waits so long for somebody's lock on the ledger.
    package func waiting(atMost patience: Duration) -> Route {
        Route(
            method, path, access: access, summary: summary, bodyLimitBytes: bodyLimitBytes, parameters: parameters,
            body: body, answers: answers, refuse: refuse
        ) { request in
            try await Ledger.$lockPatience.withValue(patience) { try await handle(request) }
        }
    }
}
