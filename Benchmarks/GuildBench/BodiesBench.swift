import CZstd
import Foundation
import GuildDomain
import GuildLedger

/// What the stored form of a body takes, in bytes and in processor time, beside zstd without a dictionary.
struct BodiesBench {
    private static let repeats = 200
    private static let batchesPerRound = 5

    let setting: BenchSetting

    private struct Kind {
        let name: String
        let bodies: [[UInt8]]

        var bytes: Int { bodies.map(\.count).reduce(0, +) }
        var mean: Double { Double(bytes) / Double(max(1, bodies.count)) }
    }

    func run() throws {
        let codec = BodyCodec()
        let plain = PlainZstd(level: 1)
        var sizes = MarkdownTable([
            "bodies", "number", "mean bytes", "zstd 1", "ratio", "with the dictionary", "ratio",
        ])
        var times = MarkdownTable(["bodies", "copied: µs", "zstd 1: µs", "back", "with the dictionary: µs", "back"])
        for kind in try kinds() {
            let frames = kind.bodies.map(plain.encode)
            let stored = kind.bodies.map(codec.encode)
            sizes.add([
                kind.name, "\(kind.bodies.count)", kind.mean.figure,
                mean(frames).figure, (kind.mean / mean(frames)).figure,
                mean(stored).figure, (kind.mean / mean(stored)).figure,
            ])
            times.add([
                kind.name,
                try microseconds(kind.bodies) { $0.withUnsafeBytes { Array($0) } }.figure,
                try microseconds(kind.bodies, plain.encode).figure,
                try microseconds(Array(zip(frames, kind.bodies))) { plain.decode($0.0, bytes: $0.1.count) }.figure,
                try microseconds(kind.bodies, codec.encode).figure,
                try microseconds(stored) { try codec.decode($0, limitBytes: 1 << 20) }.figure,
            ])
        }
        sizes.show(title: "Stored bodies")
        times.show(title: "Processor time of one body, on one core")
    }

    private func kinds() throws -> [Kind] {
        let files = FileManager.default
        let folder = setting.assets + "/payloads"
        let payloads = try files.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }.sorted()
        let recordings = setting.assets + "/../codex/recordings"
        let answers = try files.contentsOfDirectory(atPath: recordings).filter { $0.hasSuffix(".jsonl") }.sorted()
        return [
            Kind(name: "the issue of the other benchmarks", bodies: [try setting.payload()]),
            Kind(name: "GitHub's, not trained on", bodies: try payloads.map { try read("\(folder)/\($0)") }),
            Kind(name: "answers of models", bodies: try answers.flatMap { try turns(in: "\(recordings)/\($0)") }),
            Kind(name: "an audit entry", bodies: [Array(Self.audited.utf8)]),
        ]
    }

    private static let audited =
        #"{"source":"/github/acme/shop","type":"issues.opened","subject":"acme/shop#42","#
        + #""payload_sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}"#

    private func read(_ path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: path))) }

    private func turns(in path: String) throws -> [[UInt8]] {
        try read(path).split(separator: UInt8(ascii: "\n")).compactMap { line in
            try JSONParser.parse(Array(line))["response"]?["content"].map { Array($0.text().utf8) }
        }
    }

    private func mean(_ bodies: [[UInt8]]) -> Double {
        Double(bodies.map(\.count).reduce(0, +)) / Double(max(1, bodies.count))
    }

    /// The median batch's mean, for one body.
    private func microseconds<Body>(_ bodies: [Body], _ step: (Body) throws -> [UInt8]) throws -> Double {
        var times: [Double] = []
        for _ in 0..<setting.rounds * Self.batchesPerRound {
            let start = MonotonicClock.now
            for _ in 0..<Self.repeats {
                for body in bodies where try step(body).isEmpty { throw Failure(.failed, "a body became nothing") }
            }
            times.append(Double(MonotonicClock.now - start) / 1e3 / Double(Self.repeats * bodies.count))
        }
        return times.median
    }
}

/// zstd as it is, to compare with.
private final class PlainZstd {
    private let writer = ZSTD_createCCtx()
    private let reader = ZSTD_createDCtx()
    private let level: Int32

    init(level: Int32) { self.level = level }

    deinit {
        ZSTD_freeCCtx(writer)
        ZSTD_freeDCtx(reader)
    }

    func encode(_ body: [UInt8]) -> [UInt8] {
        let bound = ZSTD_compressBound(body.count)
        return [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            count = ZSTD_compressCCtx(writer, target.baseAddress, bound, body, body.count, level)
        }
    }

    func decode(_ frame: [UInt8], bytes: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes) { target, count in
            count = ZSTD_decompressDCtx(reader, target.baseAddress, bytes, frame, frame.count)
        }
    }
}
