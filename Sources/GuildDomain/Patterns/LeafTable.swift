/// The keys that rules have at one path, and in which bucket each leads.
struct LeafTable: Sendable {
    private var texts: [String: Int] = [:]
    private var numbers: [JSONNumber: Int] = [:]
    private var constants: [IndexKey: Int] = [:]
    private var folded: [String: Int] = [:]
    private var networks: [AddressBlock: Int] = [:]
    /// The lengths of the networks, each once.
    private var networkLengths: [AddressBlock.Length] = []
    private let prefixes: AffixTable
    private let suffixes: AffixTable
    private let foldedPrefixes: AffixTable
    private let foldedSuffixes: AffixTable
    private let ranges: RangeTable
    /// Buckets that match every leaf.
    private var always: [Int] = []

    /// - Parameter entries: without repeated keys; a nil key matches any leaf.
    init(_ entries: [(key: IndexKey?, bucket: Int)]) {
        var affixes: [[(bytes: [UInt8], bucket: Int)]] = [[], [], [], []]
        var intervals: [(lower: Double, upper: Double, bucket: Int)] = []
        for (key, bucket) in entries {
            switch key {
            case nil: always.append(bucket)
            case .text(let text): texts[text] = bucket
            case .number(let number): numbers[number] = bucket
            case .bool?, .null?: if let key { constants[key] = bucket }
            case .folded(let text): folded[text] = bucket
            case .prefix(let bytes): affixes[0].append((bytes, bucket))
            case .suffix(let bytes): affixes[1].append((bytes, bucket))
            case .foldedPrefix(let bytes): affixes[2].append((bytes, bucket))
            case .foldedSuffix(let bytes): affixes[3].append((bytes, bucket))
            case .network(let block): networks[block] = bucket
            case .range(let range):
                if let bounds = RangeTable.bounds(range) {
                    intervals.append((bounds.lower, bounds.upper, bucket))
                } else {
                    always.append(bucket)
                }
            }
        }
        networkLengths = Array(Set(networks.keys.map(\.length)))
        prefixes = AffixTable(affixes[0])
        suffixes = AffixTable(affixes[1])
        foldedPrefixes = AffixTable(affixes[2])
        foldedSuffixes = AffixTable(affixes[3])
        ranges = RangeTable(intervals)
    }

    /// Tells every bucket that the leaf leads to, some perhaps twice.
    func find(_ leaf: JSONValue, _ tell: (Int) -> Void) {
        for bucket in always { tell(bucket) }
        switch leaf {
        case .string(let text): find(text, tell)
        case .number(let number):
            if !numbers.isEmpty, let bucket = numbers[number] { tell(bucket) }
            if !ranges.isEmpty { ranges.find(number, tell) }
        case .bool(let value): if let bucket = constants[.bool(value)] { tell(bucket) }
        case .null: if let bucket = constants[.null] { tell(bucket) }
        case .array, .object: break
        }
    }

    private func find(_ text: String, _ tell: (Int) -> Void) {
        if let bucket = texts[text] { tell(bucket) }
        if !folded.isEmpty, let bucket = folded[text.lowercased()] { tell(bucket) }
        if !networks.isEmpty, let address = InternetAddress(text) {
            for length in networkLengths {
                if let block = address.block(length), let bucket = networks[block] { tell(bucket) }
            }
        }
        guard !(prefixes.isEmpty && suffixes.isEmpty && foldedPrefixes.isEmpty && foldedSuffixes.isEmpty) else {
            return
        }
        let head = Array(text.utf8.prefix(IndexKey.affixBytes))
        prefixes.find(in: head, tell)
        if !foldedPrefixes.isEmpty { foldedPrefixes.find(in: head.map(\.asciiLowercased), tell) }
        guard !(suffixes.isEmpty && foldedSuffixes.isEmpty) else { return }
        let tail = Array(text.utf8.suffix(IndexKey.affixBytes).reversed())
        suffixes.find(in: tail, tell)
        if !foldedSuffixes.isEmpty { foldedSuffixes.find(in: tail.map(\.asciiLowercased), tell) }
    }
}
