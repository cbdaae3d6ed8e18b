import Foundation
import GuildDomain

/// Writes the man pages from the parser's own description of every command:
///
///     guild --experimental-dump-help | GuildManual FOLDER "$(guild --version)"
///
/// The same input gives the same bytes, so that a stale page shows as a difference. Never installed.
@main
struct ManualProgram {
    private static let inputLimitBytes = 16 << 20

    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch let error as any GuildError {
            complain(error.description)
            exit(error.kind.exitStatus)
        } catch {
            complain("\(error)")
            exit(ErrorKind.failed.exitStatus)
        }
    }

    private static func run(_ arguments: [String]) throws {
        guard arguments.count == 2 else {
            throw Failure(
                .usage, "two arguments are needed",
                hint: "guild --experimental-dump-help | GuildManual FOLDER \"$(guild --version)\"")
        }
        let input = try FileHandle.standardInput.read(upToCount: inputLimitBytes) ?? Data()
        let dump = try JSONParser.parse(Array(input))
        guard let root = dump["command"].flatMap({ DescribedCommand($0) }) else {
            throw Failure(.usage, "standard input: not a help dump", hint: "pipe `guild --experimental-dump-help` in")
        }
        let folder = URL(fileURLWithPath: arguments[0], isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for page in ManualPage.all(of: root, version: arguments[1]) {
            try Data(page.text.utf8).write(to: folder.appendingPathComponent(page.fileName))
        }
    }

    private static func complain(_ text: String) {
        // Without standard error there is nobody to tell.
        try? FileHandle.standardError.write(contentsOf: Data("GuildManual: \(text)\n".utf8))
    }
}
