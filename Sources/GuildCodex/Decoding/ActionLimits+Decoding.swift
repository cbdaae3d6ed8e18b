import GuildDomain

extension ActionLimits {
    /// Actions that a cap may allow: counting them is work for each action.
    private static let range = 0...100_000

    init(_ reader: MappingReader) {
        self.init()
        for cap in ActionCap.allCases {
            guard let node = reader[cap.rawValue] else { continue }
            counts[cap] = node.read(.integer(in: Self.range)).map { Int64($0) }
            locations[cap] = node.location
        }
    }

    /// The block `actions` of an Agent, either in `spec` or in `spec.resources`.
    mutating func read(agent spec: MappingReader) {
        guard let node = spec["actions"] else { return }
        if !locations.isEmpty {
            node.problem("the caps of spec.resources.actions, repeated", expected: "one of the two")
        }
        self = node.mapping { Self($0) } ?? self
    }
}
