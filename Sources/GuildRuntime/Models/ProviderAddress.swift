/// A base URL as people write it, reduced to the part that the vendor's paths are appended to.
struct ProviderAddress {
    private var base: Substring
    /// With its question mark; gateways carry an API version in it.
    private let query: Substring

    /// - Parameter endings: removed from the end, each once, in this order.
    init(_ text: String, without endings: [String]) {
        let mark = text.firstIndex(of: "?") ?? text.endIndex
        base = text[..<mark]
        query = text[mark...]
        trimSlashes()
        for ending in endings where base.hasSuffix(ending) {
            base.removeLast(ending.count)
            trimSlashes()
        }
    }

    func path(_ path: String) -> String { base + path + query }

    /// Whether a segment of the path is a version: `/v1`, `/api/v1`, `/v1beta/openai`.
    var hasVersion: Bool {
        base.split(separator: "/").dropFirst(2).contains { segment in
            let letters = Array(segment.utf8)
            return letters.count >= 2 && letters[0] == UInt8(ascii: "v") && (0x30...0x39).contains(letters[1])
        }
    }

    var host: String {
        let rest = base.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? ""
        return rest.split(separator: ":").first.map { $0.lowercased() } ?? ""
    }

    private mutating func trimSlashes() {
        while base.last == "/" { base.removeLast() }
    }
}
