/// All rules of a snapshot compiled into one index, so that the time to match an event does not grow with the number of
/// rules that do not match it (docs/dispatch.md, "Rules").
///
/// Each way in which a rule can match is stored under the rarest value that one of its fields requires: literals in
/// hash tables, beginnings and ends of texts in sorted tables, ranges in interval trees, networks by their length. If
/// many rules share a value, the next level separates them by another field. A rule without a field that a table can
/// hold is stored under the mere presence of a field, or is tried for every event. The plain interpreter
/// (`EventPattern.matches`) tries each candidate, so the index can only be too slow, never wrong about a rule that it
/// finds.
///
/// It never costs more than trying all rules: each bucket is opened once per event, however often the event names it.
package struct PatternIndex: Sendable {
    /// One rule: its pattern and its other conditions.
    package struct Rule: Sendable {
        /// The conditions of the rule; nil matches every event.
        package var pattern: EventPattern?
        /// Further tests of the event's envelope.
        package var requirements: [Requirement]

        package init(_ pattern: EventPattern?, requirements: [Requirement] = []) {
            self.pattern = pattern
            self.requirements = requirements
        }
    }

    /// That a leaf at one of some paths is one of some values. It is only looked up, not tried.
    package struct Requirement: Sendable {
        let paths: [[String]]
        /// Nil if any leaf will do.
        let keys: [IndexKey]?

        init(paths: [[String]], keys: [IndexKey?]) {
            self.paths = paths
            let known = keys.compactMap(\.self)
            self.keys = known.count == keys.count ? known : nil
        }

        init(_ field: EventPattern.Field) {
            self.init(paths: [field.path], keys: field.tests.map { IndexKey($0) })
        }

        /// The text at `path` is this one.
        package static func text(_ text: String, at path: [String]) -> Requirement {
            Requirement(paths: [path], keys: [.text(text)])
        }

        /// Both in lower case are the same.
        package static func text(inAnyCase text: String, at path: [String]) -> Requirement {
            Requirement(paths: [path], keys: [.folded(text.lowercased())])
        }

        /// One of the globs matches the text at one of the paths.
        package static func globs(_ globs: [Glob], at paths: [[String]]) -> Requirement {
            Requirement(paths: paths, keys: globs.map { IndexKey($0) })
        }
    }

    /// The target of a leaf's value.
    enum Bucket: Sendable {
        /// These alternatives are to be tried.
        case alternatives([Int])
        case level(Int)
    }

    /// The tables of the paths that separate the alternatives of one bucket.
    struct Level: Sendable {
        var tables: [Int: LeafTable] = [:]
        /// Alternatives that nothing here separates.
        var always: [Int] = []
    }

    /// One way in which a rule can hold.
    struct Alternative: Sendable {
        let rule: Int
        let tree: PatternTree?
    }

    let paths: PathTrie
    let levels: [Level]
    let buckets: [Bucket]
    let alternatives: [Alternative]

    /// Compiles the rules; their numbers are their positions.
    package init(_ rules: [Rule]) {
        var builder = PatternIndexBuilder(rules)
        builder.build()
        paths = builder.paths
        levels = builder.levels
        buckets = builder.buckets
        alternatives = builder.alternatives
    }

    /// The numbers of the rules whose pattern matches the event, ascending.
    ///
    /// - Parameter accepts: a rule's other conditions; called only for rules whose pattern matches.
    package func rules(matching event: JSONValue, where accepts: (Int) -> Bool = { _ in true }) -> [Int] {
        var matching: [Int] = []
        for number in candidates(for: event) {
            let alternative = alternatives[number]
            // The alternatives of a rule are adjacent.
            guard matching.last != alternative.rule, alternative.tree?.matches(event) ?? true,
                accepts(alternative.rule)
            else { continue }
            matching.append(alternative.rule)
        }
        return matching
    }

    /// How many rules are tried for the event, for figures about the index itself.
    package func tried(for event: JSONValue) -> Int { candidates(for: event).count }

    private func candidates(for event: JSONValue) -> [Int] {
        var search = Search(leaves: paths.leaves(in: event), opened: [], found: [])
        if !levels.isEmpty { look(at: 0, &search) }
        search.found.sort()
        // An alternative with several values is in several buckets.
        var distinct: [Int] = []
        for number in search.found where distinct.last != number { distinct.append(number) }
        return distinct
    }

    private struct Search {
        let leaves: [Int: [JSONValue]]
        var opened: Set<Int>
        var found: [Int]
    }

    /// As deep as a bucket lies: each level has told alternatives apart by one more of their fields.
    private func look(at level: Int, _ search: inout Search) {
        let level = levels[level]
        search.found += level.always
        var next: [Int] = []
        if level.tables.count <= search.leaves.count {
            for (path, table) in level.tables {
                guard let leaves = search.leaves[path] else { continue }
                find(leaves, in: table, &search, &next)
            }
        } else {
            for (path, leaves) in search.leaves {
                guard let table = level.tables[path] else { continue }
                find(leaves, in: table, &search, &next)
            }
        }
        for level in next { look(at: level, &search) }
    }

    private func find(_ leaves: [JSONValue], in table: LeafTable, _ search: inout Search, _ next: inout [Int]) {
        for leaf in leaves {
            table.find(leaf) { bucket in
                guard search.opened.insert(bucket).inserted else { return }
                switch buckets[bucket] {
                case .alternatives(let numbers): search.found += numbers
                case .level(let level): next.append(level)
                }
            }
        }
    }
}
