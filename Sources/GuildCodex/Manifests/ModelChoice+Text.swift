extension ModelChoice {
    /// For people.
    package var text: String {
        switch self {
        case .named(let name): return name
        case .requires(let capabilities, let prefer, _):
            let needed = capabilities.isEmpty ? "any" : "any with " + capabilities.joined(separator: ", ")
            return prefer.isEmpty ? needed : needed + "; rather " + prefer.joined(separator: ", ")
        }
    }
}
