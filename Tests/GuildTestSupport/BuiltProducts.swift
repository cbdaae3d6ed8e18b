import Foundation
import GuildDomain

/// The executables that the build put beside the tests.
package enum BuiltProducts {
    /// How many folders above the running test binary are searched.
    private static let levels = 5

    /// The path of a built executable such as `guild` or `GuildStandIn`.
    ///
    /// Looks in the folder of the running test binary, then in those above it.
    /// - Throws: `Failure` where there is none: the test target must depend on that executable.
    package static func path(of name: String) throws -> String {
        for start in startingPoints() {
            var folder = URL(fileURLWithPath: start).resolvingSymlinksInPath().deletingLastPathComponent()
            for _ in 0..<levels {
                let candidate = folder.appendingPathComponent(name).path
                var isFolder: ObjCBool = false
                if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue,
                    FileManager.default.isExecutableFile(atPath: candidate)
                {
                    return candidate
                }
                folder = folder.deletingLastPathComponent()
            }
        }
        throw Failure(
            .unavailable, "no built executable '\(name)' beside the tests",
            hint: "make the test target depend on '\(name)' in Package.swift")
    }

    /// The test binary itself, and on systems where another program loads it, the bundle it was told to load.
    private static func startingPoints() -> [String] {
        let bundles = CommandLine.arguments.filter { $0.contains(".xctest") }
        return ["/proc/self/exe", Bundle.main.executablePath].compactMap { $0 } + bundles
    }
}
