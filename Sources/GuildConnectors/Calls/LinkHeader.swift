/// The addresses of other pages in a `Link` header (RFC 8288): `<https://…?page=7>; rel="last"`.
enum LinkHeader {
    /// The target of a relation; nil if the header has none.
    static func target(_ relation: String, in link: String) -> String? {
        for part in link.split(separator: ",") where part.contains("rel=\"\(relation)\"") {
            return String(part.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" })
        }
        return nil
    }

    /// The number of a page, which its target has in the query field `page`.
    static func page(_ relation: String, in link: String) -> Int? {
        guard let target = target(relation, in: link) else { return nil }
        let query = target.drop { $0 != "?" }.dropFirst()
        let page = query.split(separator: "&").first { $0.hasPrefix("page=") }
        return page.flatMap { Int($0.dropFirst("page=".count)) }.flatMap { $0 > 0 ? $0 : nil }
    }
}
