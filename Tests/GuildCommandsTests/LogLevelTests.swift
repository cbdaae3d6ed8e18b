import Logging
import Testing

@testable import GuildCommands

@Suite struct LogLevelTests {
    @Test(arguments: LogLevel.allCases)
    func `a level is read in any case of letters, and is the logger's level of that name`(level: LogLevel) {
        #expect(LogLevel(argument: level.rawValue) == level)
        #expect(LogLevel(argument: level.rawValue.uppercased()) == level)
        #expect(level.level.rawValue == level.rawValue)
    }

    @Test(arguments: Logger.Level.allCases)
    func `each level of the logger has an option`(level: Logger.Level) {
        #expect(LogLevel(argument: level.rawValue)?.level == level)
    }

    @Test(arguments: ["", "loud", "warn ", "0"])
    func `anything else is no level`(text: String) {
        #expect(LogLevel(argument: text) == nil)
    }
}
