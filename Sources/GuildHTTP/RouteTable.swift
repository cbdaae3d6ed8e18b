import GuildDomain

/// Finds the route of a request: a trie of path segments in which a literal goes before a parameter, and that before
/// the rest of the path. Paths without parameters are found by one look into a dictionary.
struct RouteTable: Sendable {
    /// What stands at a path.
    enum Match: Sendable {
        case found(Route, parameters: [String: String])
        /// The path exists; `allow` lists its methods as the field `Allow` does.
        case wrongMethod(allow: String)
        case notFound
    }

    private struct Entry: Sendable {
        let route: Route
        let names: [String]
    }

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var rest: Int?
        var entries: [Entry] = []
    }

    private var nodes = [Node()]
    private var plain: [String: Int] = [:]

    init(_ routes: [Route]) throws(ListenFailure) {
        for route in routes { try insert(route) }
    }

    /// - Parameter method: nil for one that no route has.
    func match(method: Route.Method?, target: RequestTarget) -> Match {
        if let node = plain[target.path], let entry = entry(method, at: node) {
            return .found(entry.route, parameters: [:])
        }
        var segments = target.segments[...]
        if segments.count > 1, segments.last == "" { segments.removeLast() }
        var search = Search(method: method)
        find(segments, from: 0, in: &search)
        if let found = search.found {
            return .found(found.route, parameters: Dictionary(zip(found.names, search.values)) { $1 })
        }
        guard !search.allowed.isEmpty else { return .notFound }
        if search.allowed.contains("GET") { search.allowed.insert("HEAD") }
        return .wrongMethod(allow: search.allowed.sorted().joined(separator: ", "))
    }

    private func entry(_ method: Route.Method?, at node: Int) -> Entry? {
        nodes[node].entries.first { $0.route.method == method }
    }

    private struct Search {
        let method: Route.Method?
        var values: [String] = []
        var found: Entry?
        var allowed: Set<String> = []
    }

    /// No deeper than the routes themselves; `values` holds the parameters of the way taken.
    private func find(_ segments: ArraySlice<String>, from index: Int, in search: inout Search) {
        let node = nodes[index]
        guard let segment = segments.first else { return settle(at: index, in: &search) }
        if let next = node.literals[segment] {
            find(segments.dropFirst(), from: next, in: &search)
            if search.found != nil { return }
        }
        if let next = node.parameter, !segment.isEmpty {
            search.values.append(segment)
            find(segments.dropFirst(), from: next, in: &search)
            if search.found != nil { return }
            search.values.removeLast()
        }
        if let next = node.rest {
            search.values.append(segments.joined(separator: "/"))
            settle(at: next, in: &search)
            if search.found == nil { search.values.removeLast() }
        }
    }

    private func settle(at index: Int, in search: inout Search) {
        search.found = entry(search.method, at: index)
        if search.found == nil { search.allowed.formUnion(nodes[index].entries.map(\.route.method.rawValue)) }
    }

    private mutating func insert(_ route: Route) throws(ListenFailure) {
        guard route.path.hasPrefix("/") else { throw .invalidRoutePath(route.path) }
        let segments = route.path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        var (index, names): (Int, [String]) = (0, [])
        for (position, segment) in segments.enumerated() {
            if segment == "**" {
                guard position == segments.count - 1 else { throw .invalidRoutePath(route.path) }
                names.append("rest")
                index = child(\.rest, of: index)
            } else if segment.hasPrefix(":") {
                guard segment.count > 1 else { throw .invalidRoutePath(route.path) }
                names.append(String(segment.dropFirst()))
                index = child(\.parameter, of: index)
            } else {
                index = child(\.literals[segment], of: index)
            }
        }
        guard entry(route.method, at: index) == nil else {
            throw .duplicateRoute(method: route.method.rawValue, path: route.path)
        }
        nodes[index].entries.append(Entry(route: route, names: names))
        if names.isEmpty { plain[route.path] = index }
    }

    private mutating func child(_ edge: WritableKeyPath<Node, Int?>, of index: Int) -> Int {
        if let existing = nodes[index][keyPath: edge] { return existing }
        nodes.append(Node())
        nodes[index][keyPath: edge] = nodes.count - 1
        return nodes.count - 1
    }
}
