import GuildDomain

/// A call's usage as reported by the provider, and how much of the call the report covers.
struct ReportedUsage: Sendable, Hashable {
    enum Output: Sendable {
        /// Counted to the end of the answer.
        case final
        /// Counted, but before the answer had ended: at least this.
        case soFar
        /// Not counted, or not all of it: the bound is to be taken.
        case unknown
    }

    var tokens: TokenUsage
    var output = Output.final
}

extension ReportedUsage.Output {
    /// A note for people if the figures are not the provider's last.
    var doubt: String? {
        switch self {
        case .final: nil
        case .soFar: "the answer may have continued after the last usage report: this is a minimum"
        case .unknown: "the provider did not report the output: the input is as reported, the output at its bound"
        }
    }
}
