import Foundation
import GuildDomain
import GuildTestSupport
import Testing

extension Hostile {
    /// Single bytes changed in what libgit2 maps into memory: never a signal.
    struct DamagedPackTests {
        /// How many bytes of each file are changed, one at a time.
        private static let positions = Hostile.isSoaking ? 600 : 60
        private static let atOnce = 4

        private struct Packed {
            let codex: TemporaryCodex

            /// Everything in one pack, with an index of several packs and a graph of the commits.
            init() async throws {
                codex = try await TemporaryCodex.clerk()
                for generation in 0..<5 {
                    try codex.write(PushedCodex.prompt(generation))
                    try await codex.commit()
                }
                try await codex.git("gc", "--quiet")
            }

            func path(_ suffix: String) throws -> String {
                let folder = codex.repository + "/.git/objects/pack/"
                let names = try FileManager.default.contentsOfDirectory(atPath: folder)
                return folder + (try #require(names.first { $0.hasSuffix(suffix) }))
            }

            /// A copy of the repository in which one byte is another.
            func copy(_ number: Int, changing path: String, at position: Int) throws -> String {
                let place = codex.folder + "/copy-\(number)"
                try FileManager.default.copyItem(atPath: codex.repository, toPath: place)
                let changed = place + path.dropFirst(codex.repository.count)
                try flip(changed, at: position)
                return place
            }

            func flip(_ path: String, at position: Int) throws {
                chmod(path, 0o644)
                let handle = try #require(FileHandle(forUpdatingAtPath: path))
                try handle.seek(toOffset: UInt64(position))
                let byte = try #require(try handle.read(upToCount: 1)?.first)
                try handle.seek(toOffset: UInt64(position))
                try handle.write(contentsOf: Data([byte ^ UInt8(truncatingIfNeeded: 1 << (position % 8))]))
                try handle.close()
            }
        }

        /// What a validation of the repository with a changed byte says, for many bytes.
        private func outcomes(_ suffix: String, _ packed: Packed) async throws -> [ChildProcess.Finished] {
            let path = try packed.path(suffix)
            let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
            let step = max(1, size / Self.positions)
            let places = Array(stride(from: 0, to: size, by: step))
            let (guild, environment) = (try BuiltProducts.path(of: "guild"), packed.codex.environment)
            return try await withThrowingTaskGroup(of: ChildProcess.Finished.self) { group in
                var (finished, next): ([ChildProcess.Finished], Int) = ([], 0)
                while next < places.count || !group.isEmpty {
                    while next < places.count, next - finished.count < Self.atOnce {
                        let (number, place) = (next, places[next])
                        group.addTask {
                            let copy = try packed.copy(number, changing: path, at: place)
                            defer { try? FileManager.default.removeItem(atPath: copy) }  // litter at worst
                            return try await ChildProcess.run(
                                guild, ["registry", "validate", "--codex", copy], environment: environment,
                                directory: packed.codex.folder)
                        }
                        next += 1
                    }
                    if let one = try await group.next() { finished.append(one) }
                }
                return finished
            }
        }

        @Test func `no changed byte of a pack index is anything but exit 6 with its name`() async throws {
            let packed = try await Packed()
            for finished in try await outcomes(".idx", packed) {
                #expect(finished.status == 6, "\(finished.ending): \(finished.errors)")
                #expect(finished.errors.contains(".idx"), "\(finished.errors)")
            }
        }

        @Test func `no changed byte of a pack is a signal`() async throws {
            let packed = try await Packed()
            for finished in try await outcomes(".pack", packed) {
                // A byte that the head does not need may be another.
                #expect(finished.status == 0 || finished.status == 6, "\(finished.ending): \(finished.errors)")
            }
        }

        @Test func `a process that serves keeps its last good commit, and takes the next once all is well`()
            async throws
        {
            let office = try await PushedCodex.make()
            try await office.codex.git("gc", "--quiet", in: office.bare)
            let served = try await office.serve()
            let before = try #require(try await served.commit)
            let folder = office.bare + "/objects/pack/"
            let name = try #require(
                try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(".idx") })
            let path = folder + name
            let good = try Data(contentsOf: URL(fileURLWithPath: path))
            chmod(path, 0o644)
            for position in stride(from: 0, to: good.count, by: good.count / 20) {
                var bad = good
                bad[position] ^= 0x80
                let handle = try #require(FileHandle(forWritingAtPath: path))
                try handle.write(contentsOf: bad)
                try handle.close()
                served.child.signal(SIGHUP)
                _ = try await served.child.errorLine(containing: "reload failed; the last valid commit stays active")
                #expect(try await served.commit == before)
            }
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.write(contentsOf: good)
            try handle.close()
            let next = try await office.commit(PushedCodex.prompt(2))
            try await office.push()
            try await served.accepts(next)
            #expect(try await served.stop() == .exited(0))
        }
    }
}
