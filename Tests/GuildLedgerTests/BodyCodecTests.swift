import Foundation
import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildLedger

@Suite struct BodyCodecTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL.path
    private static let limitBytes = 1 << 20

    /// Deliveries as GitHub sends them, which the dictionary was not trained on.
    private static let payloads = files(in: "Benchmarks/payloads", endingIn: ".json")
    private static let bodies =
        payloads + files(in: "codex/recordings", endingIn: ".jsonl") + [
            "Benchmarks/issue.json", "codex/recordings/town-crier.payload.json",
        ]

    private let codec = BodyCodec()

    private static func files(in folder: String, endingIn suffix: String) -> [String] {
        // A folder that is gone makes the test of the number of bodies fail.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(repository)/\(folder)")) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted().map { "\(folder)/\($0)" }
    }

    private static func read(_ file: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(fileURLWithPath: "\(repository)/\(file)")))
    }

    private func fault(_ stored: [UInt8], limitBytes: Int = Self.limitBytes) -> BodyFault? {
        do throws(BodyFault) {
            _ = try codec.decode(stored, limitBytes: limitBytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the fixtures are found`() {
        #expect(Self.payloads.count == 12)
        #expect(Self.bodies.count > 24)
    }

    @Test(arguments: Self.bodies) func `a body comes back as it was`(_ file: String) throws {
        let body = try Self.read(file)
        let stored = codec.encode(body)
        #expect(try codec.decode(stored, limitBytes: body.count) == body)
        #expect(stored.count < body.count)
    }

    @Test(arguments: Self.payloads) func `a delivery takes a quarter of its size at most`(_ file: String) throws {
        let body = try Self.read(file)
        #expect(codec.encode(body).count * 4 <= body.count)
    }

    @Test func `the bytes of a body are the same whoever writes it`() throws {
        let body = try Self.read("Benchmarks/issue.json")
        #expect(codec.encode(body) == BodyCodec().encode(body))
    }

    @Test(arguments: [[], [0], [1], Array("{}".utf8), Array(0...255)] as [[UInt8]])
    func `what does not shrink is stored as it is, one byte longer`(_ body: [UInt8]) throws {
        #expect(codec.encode(body) == [0] + body)
        #expect(try codec.decode(codec.encode(body), limitBytes: body.count) == body)
    }

    @Test func `noise is stored as it is`() throws {
        var random = SystemRandomNumberGenerator()
        let body = (0..<8192).map { _ in UInt8.random(in: 0...255, using: &random) }
        #expect(codec.encode(body) == [0] + body)
    }

    @Test func `short JSON shrinks too, for the dictionary knows it`() {
        let body = Array(#"{"source":"/github/acme/shop","type":"issues.opened","subject":"acme/shop#42"}"#.utf8)
        #expect(codec.encode(body).count < body.count)
    }

    // MARK: Limits

    @Test func `nothing larger than its reader's limit is inflated`() throws {
        let body = [UInt8](repeating: 0, count: 64 << 20)
        let stored = codec.encode(body)
        #expect(stored.count < 8192)
        #expect(fault(stored, limitBytes: body.count - 1) == .tooLarge(bytes: 64 << 20, limitBytes: body.count - 1))
        #expect(fault(stored, limitBytes: 0) == .tooLarge(bytes: 64 << 20, limitBytes: 0))
        #expect(fault(stored, limitBytes: -1) == .tooLarge(bytes: 64 << 20, limitBytes: -1))
        #expect(try codec.decode(stored, limitBytes: body.count) == body)
    }

    @Test func `a body that is stored as it is has the same limit`() {
        #expect(fault([0, 1, 2, 3], limitBytes: 2) == .tooLarge(bytes: 3, limitBytes: 2))
    }

    @Test func `a few bytes that claim a whole limit are refused before anything is allocated`() {
        // A frame of one segment with a content size of eight bytes, and one empty block.
        let size: UInt64 = 1 << 40
        let header: [UInt8] = [1, 0x28, 0xB5, 0x2F, 0xFD, 0xE0]
        let stored = header + withUnsafeBytes(of: size.littleEndian) { Array($0) } + [1, 0, 0]
        #expect(fault(stored, limitBytes: .max) == .damaged(reason: "16 bytes cannot hold 1099511627776"))
        #expect(fault(stored) == .tooLarge(bytes: size, limitBytes: Self.limitBytes))
    }

    // MARK: Damage

    @Test func `a body that is cut short anywhere is refused`() throws {
        let stored = codec.encode(try Self.read("Benchmarks/issue.json"))
        #expect(stored[0] == 1)
        #expect(fault([]) == .unknownForm(nil))
        for count in 1..<stored.count { #expect(fault(Array(stored[..<count])) != nil, "\(count) bytes") }
    }

    @Test func `a flipped bit is noticed wherever it changes the body`() throws {
        let body = try Self.read("Benchmarks/issue.json")
        let stored = codec.encode(body)
        for place in 8..<stored.count * 8 {
            var changed = stored
            changed[place / 8] ^= 1 << UInt8(place % 8)
            do throws(BodyFault) {
                // Some bits of the header mean nothing to a reader.
                let read = try codec.decode(changed, limitBytes: Self.limitBytes)
                #expect(read == body, "bit \(place)")
            } catch {
                #expect(error.hint != nil)
            }
        }
    }

    @Test func `noise behind a frame's magic number never traps`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let noise = (0..<Int.random(in: 0...60)).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = fault([1, 0x28, 0xB5, 0x2F, 0xFD] + noise)
        }
    }

    @Test func `what follows a frame is refused`() {
        let stored = codec.encode([UInt8](repeating: 7, count: 1000))
        #expect(fault(stored + [0]) == .damaged(reason: "1 bytes follow its frame"))
        #expect(fault(stored + stored[1...]) == .damaged(reason: "\(stored.count - 1) bytes follow its frame"))
    }

    @Test func `a frame that is skipped is no body`() {
        #expect(fault([1, 0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]) == .damaged(reason: "it is not a zstd frame"))
    }

    // MARK: Forms and dictionaries

    @Test func `a form of a later version is named`() {
        #expect(fault([2, 1, 2, 3]) == .unknownForm(2))
        #expect(fault(Array("{}".utf8)) == .unknownForm(0x7B))
    }

    @Test func `each body names its dictionary`() throws {
        var stored = codec.encode(try Self.read("Benchmarks/issue.json"))
        // Behind the form, the magic number and the descriptor: 32769.
        #expect(stored[6...7] == [0x01, 0x80])
        stored[6] = 2
        #expect(fault(stored) == .unknownDictionary(32770))
    }

    @Test func `a frame without a dictionary is read`() throws {
        // printf 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' | zstd -1 --single-thread --stream-size=40
        let frame = try #require(Data(base64Encoded: "KLUv/SQoRQAAEGFhAQAfgAUD7xEx"))
        #expect(try codec.decode([1] + frame, limitBytes: 40) == [UInt8](repeating: 0x61, count: 40))
    }

    @Test func `every dictionary that was ever shipped is there, each under its own id`() {
        #expect(BodyDictionary.all.map(\.id) == [32769])
        #expect(BodyDictionary.current?.id == BodyDictionary.all.first?.id)
    }

    // MARK: Callers

    @Test func `many tasks use one codec at a time`() async throws {
        let bodies = try Self.bodies.map(Self.read)
        try await withThrowingTaskGroup(of: Void.self) { [codec] group in
            for task in 0..<16 {
                group.addTask {
                    for round in 0..<100 {
                        let body = bodies[(task * 7 + round) % bodies.count]
                        let read = try codec.decode(codec.encode(body), limitBytes: Self.limitBytes)
                        #expect(read == body)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `the verifier of the documentation reads what is written, with the system's library alone`() async throws
    {
        let bodies = try [Self.read("Benchmarks/issue.json"), Array("{}".utf8), [UInt8](repeating: 7, count: 1000)]
        let script = """
            import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True
            import verify_audit
            for stored in sys.argv[2:]: print(verify_audit.plain(bytes.fromhex(stored)).hex())
            """
        let finished = try await ChildProcess.run(
            "/usr/bin/env",
            ["python3", "-c", script, "\(Self.repository)/docs"]
                + bodies.map { ContentDigest.hex(bytes: codec.encode($0)) })
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(
            finished.output.split(separator: "\n").map(String.init) == bodies.map { ContentDigest.hex(bytes: $0) })
    }
}
