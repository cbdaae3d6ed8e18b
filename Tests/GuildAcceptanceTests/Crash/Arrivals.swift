import Foundation
import GuildDomain

/// What the stand-in has logged: every request, before it was answered.
struct Arrivals: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case model = "openai"
        case github

        /// The log's lines begin with sequence and kind.
        init?(ofLine line: Data) {
            let head = line.prefix(64)
            guard
                let kind = Self.allCases.first(where: {
                    head.range(of: Data("\"kind\":\"\($0.rawValue)\"".utf8)) != nil
                })
            else { return nil }
            self = kind
        }
    }

    /// Calls of the model, by the mark of the delivery that they are about.
    private(set) var calls: [String: Int] = [:]
    /// Comments that were made, by idempotency key.
    private(set) var comments: [String: Int] = [:]
    /// Calls without a mark, comments without a key.
    private(set) var strangers: [String] = []

    init(_ path: String) throws {
        var tail = LogTail(path)
        for line in try tail.newLines() {
            switch Kind(ofLine: line) {
            case .model:
                let mark = Self.mark(in: line)
                calls[mark, default: 0] += 1
                if mark.isEmpty { strangers.append("a model call") }
            case .github:
                let request = try JSONParser.parse(Array(line))
                guard request["method"] == "POST", request["path"]?.string?.hasSuffix("/comments") == true else {
                    continue
                }
                let key = request["headers"]?["idempotency-key"]?.string ?? ""
                comments[key, default: 0] += 1
                if key.isEmpty { strangers.append("a comment") }
            case nil: strangers.append("a request of another kind")
            }
        }
    }

    private static func mark(in line: Data) -> String {
        guard let range = line.range(of: Data(Delivery.markPrefix.utf8)) else { return "" }
        return String(decoding: line[range.lowerBound...].prefix(Delivery.markBytes), as: UTF8.self)
    }
}

/// Reads a growing file of lines from where it was left.
struct LogTail: Sendable {
    private let path: String
    private var offset: UInt64 = 0

    init(_ path: String) { self.path = path }

    /// One that has read what is there now.
    init(behind path: String) throws {
        self.path = path
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
        offset = size?.uint64Value ?? 0
    }

    /// The whole lines that came since.
    mutating func newLines() throws -> [Data] {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        try file.seek(toOffset: offset)
        var rest = try file.readToEnd() ?? Data()
        try file.close()
        var lines: [Data] = []
        while let end = rest.range(of: Data("\n".utf8)) {
            lines.append(rest[..<end.lowerBound])
            rest = rest[end.upperBound...]
        }
        offset += UInt64(lines.reduce(0) { $0 + $1.count + 1 })
        return lines
    }
}
