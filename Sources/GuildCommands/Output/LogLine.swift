import Foundation
import GuildDomain
import Logging

/// One line of the log.
enum LogLine {
    static func write(level: Logger.Level, message: String, metadata: Logger.Metadata, format: LogFormat) {
        let time = SystemTime().now
        let fields = metadata.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let line: String
        switch format {
        case .json:
            let members: [(String, JSONValue)] =
                [
                    ("time", .string(time.rfc3339)), ("level", .string(level.rawValue)), ("message", .string(message)),
                ] + fields.map { ($0.0, .string($0.1)) }
            line = JSONValue.object(JSONObject(members)).text() + "\n"
        case .text:
            let pairs = fields.map { " \($0.0)=\(shown($0.1))" }.joined()
            line = ScreenText.line("\(time.rfc3339) \(level.rawValue) \(message)\(pairs)") + "\n"
        }
        Terminal.write(line, to: .error, as: format == .json ? .json : .text)
    }

    private static func shown(_ value: String) -> String {
        let isWord = value.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0 != "\"" }
        return isWord && !value.isEmpty ? value : JSONValue.string(value).text()
    }
}
