/// The paths that an index asks for, and how their leaves are found in an event in one walk.
struct PathTrie: Sendable {
    private struct Node: Sendable {
        var children: [String: Int] = [:]
        /// The number of the path that ends here.
        var path: Int?
    }

    private var nodes = [Node()]
    /// How many paths there are; they are numbered from 0.
    private(set) var count = 0

    /// The number of a path, which it gets when it is first seen.
    mutating func number(of path: [String]) -> Int {
        var index = 0
        for step in path {
            if let next = nodes[index].children[step] {
                index = next
            } else {
                nodes.append(Node())
                nodes[index].children[step] = nodes.count - 1
                index = nodes.count - 1
            }
        }
        if let known = nodes[index].path { return known }
        nodes[index].path = count
        count += 1
        return count - 1
    }

    /// The leaves at each path, searching through arrays; a path without a leaf is absent.
    ///
    /// It descends no deeper than the event, and at each mapping needs as many look-ups as the smaller of its members
    /// and the paths' steps. For a repeated key it may return every value, although only the last counts.
    func leaves(in event: JSONValue) -> [Int: [JSONValue]] {
        var found: [Int: [JSONValue]] = [:]
        guard case .object = event else { return found }
        collect(event, at: 0, into: &found)
        return found
    }

    private func collect(_ value: JSONValue, at index: Int, into found: inout [Int: [JSONValue]]) {
        switch value {
        case .array(let elements): for element in elements { collect(element, at: index, into: &found) }
        case .null, .bool, .number, .string:
            if let path = nodes[index].path { found[path, default: []].append(value) }
        case .object(let object):
            let children = nodes[index].children
            if children.count < object.count {
                for (key, child) in children {
                    if let value = object[key] { collect(value, at: child, into: &found) }
                }
            } else {
                for member in object.members {
                    if let child = children[member.key] { collect(member.value, at: child, into: &found) }
                }
            }
        }
    }
}
