import Crypto
import Foundation
import GuildDomain
import Testing

@testable import GuildCodex

/// A pack index is looked at before libgit2 trusts it. That no byte of it ends the process is tried with the binary.
@Suite(.timeLimit(.minutes(1))) struct PackCheckTests {
    /// A repository whose objects are all in one pack.
    private struct Packed {
        let fixture: GitFixture
        let commit: CommitID
        let index: String
        var pack: String { index.dropLast("idx".count) + "pack" }

        init() async throws {
            fixture = try await GitFixture()
            commit = try await fixture.commitCodex()
            try await fixture.git("gc", "--quiet")
            let folder = fixture.path + "/.git/objects/pack"
            let name = try #require(
                try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(".idx") })
            index = folder + "/" + name
            for path in [index, pack] {
                try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            }
        }

        func bytes(of path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

        /// In place: the same file, as a bad disk or memory changes it.
        func write(_ bytes: [UInt8], to path: String) throws {
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.write(contentsOf: Data(bytes))
            try handle.truncate(atOffset: UInt64(bytes.count))
            try handle.close()
        }
    }

    /// Where the tables of a version 2 index of few objects begin, counted in objects.
    private static func offsets(_ bytes: [UInt8]) -> Int {
        let objects = Int(bytes[8 + 1023]) | Int(bytes[8 + 1022]) << 8
        return 8 + 1024 + objects * 24
    }

    @Test(arguments: [4, 8 + 3, 8 + 1023, 8 + 1024, -1, -30, -45, 0])
    func `a changed byte is damage with the name of the file, and once repaired all is well`(place: Int) async throws {
        let packed = try await Packed()
        let repository = try CodexRepository(at: packed.fixture.location)
        #expect(try !repository.files.tree(at: packed.commit).files.isEmpty)
        let good = try packed.bytes(of: packed.index)
        var bad = good
        let position = place < 0 ? good.count + place : place == 0 ? Self.offsets(good) : place
        bad[position] ^= 0x80
        try packed.write(bad, to: packed.index)
        for opened in [repository, try CodexRepository(at: packed.fixture.location)] {
            let error = try #require(throws: CodexRepositoryError.self) { try opened.files.tree(at: packed.commit) }
            #expect(error.kind == .unavailable)
            #expect(error.message.contains(packed.index), "\(error.message)")
            #expect(throws: CodexRepositoryError.self) { try opened.resolve("HEAD") }
        }
        try packed.write(good, to: packed.index)
        #expect(try !repository.files.tree(at: packed.commit).files.isEmpty)
    }

    @Test(arguments: [0x7FFF_FFFF, 0xFFFF_FFFF, 0x8000_0000, 0, 11] as [UInt32])
    func `an offset outside of the pack is found although every checksum is right`(offset: UInt32) async throws {
        let packed = try await Packed()
        var bytes = try packed.bytes(of: packed.index)
        withUnsafeBytes(of: offset.bigEndian) { word in
            for (step, byte) in word.enumerated() { bytes[Self.offsets(bytes) + step] = byte }
        }
        bytes.replaceSubrange((bytes.count - 20)..., with: Array(Insecure.SHA1.hash(data: bytes.dropLast(20))))
        try packed.write(bytes, to: packed.index)
        let repository = try CodexRepository(at: packed.fixture.location)
        let error = try #require(throws: CodexRepositoryError.self) { try repository.files.tree(at: packed.commit) }
        #expect(error.message.contains("an offset is"), "\(error.message)")
    }

    @Test func `an index of version 1 is read and bounded too`() async throws {
        let packed = try await Packed()
        try await packed.fixture.git("config", "pack.indexVersion", "1")
        try await packed.fixture.git("repack", "-q", "-a", "-d", "-f")
        let folder = packed.fixture.path + "/.git/objects/pack"
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(".idx") })
        let path = folder + "/" + name
        let repository = try CodexRepository(at: packed.fixture.location)
        #expect(try !repository.files.tree(at: packed.commit).files.isEmpty)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        var bytes = try packed.bytes(of: path)
        bytes[1024] = 0x7F
        bytes.replaceSubrange((bytes.count - 20)..., with: Array(Insecure.SHA1.hash(data: bytes.dropLast(20))))
        try packed.write(bytes, to: path)
        #expect(throws: CodexRepositoryError.self) { try repository.files.tree(at: packed.commit) }
    }

    @Test func `a pack that is cut, or another one, is damage`() async throws {
        let packed = try await Packed()
        let good = try packed.bytes(of: packed.pack)
        let cuts: [[UInt8]] = [Array(good.dropLast(1)), Array(good.prefix(40)), [], [0] + Array(good.dropFirst())]
        for bad in cuts {
            try packed.write(bad, to: packed.pack)
            let repository = try CodexRepository(at: packed.fixture.location)
            #expect(throws: CodexRepositoryError.self) { try repository.files.tree(at: packed.commit) }
        }
    }

    @Test func `damage in objects that are borrowed is found`() async throws {
        let packed = try await Packed()
        let borrower = GitFixture.temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: borrower) }  // litter at worst
        try await packed.fixture.git("clone", "--quiet", "--shared", packed.fixture.path, borrower)
        var bytes = try packed.bytes(of: packed.index)
        bytes[bytes.count - 1] ^= 1
        try packed.write(bytes, to: packed.index)
        let repository = try CodexRepository(at: CodexLocation(borrower, workingDirectory: "/"))
        #expect(throws: CodexRepositoryError.self) { try repository.resolve("HEAD") }
    }

    @Test(arguments: ["objects/pack/multi-pack-index", "objects/info/commit-graph"])
    func `a changed byte in the files that speed git up is damage`(name: String) async throws {
        let packed = try await Packed()
        try await packed.fixture.git("multi-pack-index", "write")
        try await packed.fixture.git("commit-graph", "write")
        let repository = try CodexRepository(at: packed.fixture.location)
        #expect(try !repository.files.tree(at: packed.commit).files.isEmpty)
        let path = packed.fixture.path + "/.git/" + name
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        var bytes = try packed.bytes(of: path)
        bytes[bytes.count / 2] ^= 4
        try packed.write(bytes, to: path)
        let error = try #require(throws: CodexRepositoryError.self) { try repository.files.tree(at: packed.commit) }
        #expect(error.message.contains(name), "\(error.message)")
    }
}
