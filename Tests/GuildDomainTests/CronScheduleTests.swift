import Foundation
import GuildDomain
import Testing

@Suite struct CronScheduleTests {
    private func due(
        _ expression: String, after: String, in zone: String = "UTC", policy: DSTPolicy = .debian, count: Int = 3
    ) throws -> [String] {
        let schedule = try CronSchedule(parsing: expression)
        let zone = try #require(Zones.named(zone))
        var instant = try #require(Timestamp(rfc3339: after))
        var found: [String] = []
        for _ in 0..<count {
            guard let next = schedule.next(after: instant, in: zone, policy: policy) else { break }
            #expect(next > instant)
            found.append(next.rfc3339)
            instant = next
        }
        return found
    }

    @Test(arguments: [
        ("*/5 * * * *", "2026-11-22T08:31:00Z", ["2026-11-22T08:35:00Z", "2026-11-22T08:40:00Z"]),
        ("*/5 * * * *", "2026-11-22T08:35:00Z", ["2026-11-22T08:40:00Z"]),
        ("*/5 * * * *", "2026-11-22T08:34:59.999999Z", ["2026-11-22T08:35:00Z"]),
        ("30 9 * * MON-FRI", "2026-11-20T12:00:00Z", ["2026-11-23T09:30:00Z", "2026-11-24T09:30:00Z"]),
        ("0 0 1 JAN *", "2026-11-22T00:00:00Z", ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]),
        ("* * * * * */20", "2026-11-22T08:30:45Z", ["2026-11-22T08:31:00Z", "2026-11-22T08:31:20Z"]),
        ("0 12 * * * 30", "2026-11-22T12:00:00Z", ["2026-11-22T12:00:30Z", "2026-11-23T12:00:30Z"]),
        ("5/20 3 * * *", "2026-11-22T00:00:00Z", ["2026-11-22T03:05:00Z", "2026-11-22T03:25:00Z"]),
        ("0 0-6/3,22 * * *", "2026-11-22T03:00:00Z", ["2026-11-22T06:00:00Z", "2026-11-22T22:00:00Z"]),
        ("0 0 29 2 *", "2026-01-01T00:00:00Z", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", ["2104-02-29T00:00:00Z"]),
        ("59 23 31 12 *", "2026-12-31T23:59:00Z", ["2027-12-31T23:59:00Z"]),
    ]) func `plain expressions`(expression: String, after: String, expected: [String]) throws {
        #expect(try due(expression, after: after, count: expected.count) == expected)
    }

    @Test(arguments: [
        // 2026-11-01 is a Sunday.
        ("0 0 * * 7", ["2026-11-01", "2026-11-08"]), ("0 0 * * 0", ["2026-11-01"]), ("0 0 * * SUN", ["2026-11-01"]),
        ("0 0 * * FRI-SUN", ["2026-11-01", "2026-11-06", "2026-11-07", "2026-11-08"]),
        ("0 0 * * 5-7", ["2026-11-01", "2026-11-06"]), ("0 0 L * *", ["2026-11-30", "2026-12-31"]),
        ("0 0 LW * *", ["2026-11-30", "2026-12-31", "2027-01-29", "2027-02-26"]),
        ("0 0 15W * *", ["2026-11-16", "2026-12-15", "2027-01-15"]),
        (
            "0 0 1W * *",
            ["2026-11-02", "2026-12-01", "2027-01-01", "2027-02-01", "2027-03-01", "2027-04-01", "2027-05-03"]
        ),
        ("0 0 31W * *", ["2026-12-31", "2027-01-29"]), ("0 0 ? * MON#1", ["2026-11-02", "2026-12-07"]),
        ("0 0 ? * FRI#5", ["2027-01-29", "2027-04-30"]), ("0 0 * * 5L", ["2026-11-27", "2026-12-25"]),
        ("0 0 * * FRIL", ["2026-11-27"]), ("0 0 * * 7L", ["2026-11-29"]),
        ("0 0 * * SUN#2,MON#2", ["2026-11-08", "2026-11-09"]),
        // Or when both are restricted, and when one begins with a star.
        ("0 0 13 * FRI", ["2026-11-06", "2026-11-13", "2026-11-20"]),
        ("0 0 */2 * MON", ["2026-11-09", "2026-11-23", "2026-12-07"]),
        ("0 0 13 * */5", ["2026-11-13", "2026-12-13"]), ("0 0 13 * ?", ["2026-11-13"]),
        ("@weekly", ["2026-11-01"]), ("@monthly", ["2026-11-01", "2026-12-01"]), ("@yearly", ["2027-01-01"]),
        ("@annually", ["2027-01-01"]), ("@daily", ["2026-11-01", "2026-11-02"]), ("@midnight", ["2026-11-01"]),
    ]) func `days of months and weeks`(expression: String, expected: [String]) throws {
        let found = try due(expression, after: "2026-10-31T23:00:00Z", count: expected.count)
        #expect(found == expected.map { $0 + "T00:00:00Z" })
    }

    @Test(arguments: ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31 2 ?"]) func `what never comes ends quickly`(
        expression: String
    ) throws {
        #expect(try due(expression, after: "2026-01-01T00:00:00Z").isEmpty)
        #expect(try due(expression, after: "2026-01-01T00:00:00Z", in: "Europe/London", policy: .both).isEmpty)
    }

    // MARK: - Clock changes

    // London: forward 2026-03-29 01:00 → 02:00, back 2026-10-25 02:00 → 01:00.
    @Test(arguments: [
        ("30 1 * * *", "2026-03-28T12:00:00Z", DSTPolicy.debian, ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        ("0,30 1 * * *", "2026-03-28T12:00:00Z", .debian, ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]),
        ("30 1,2 * * *", "2026-03-28T12:00:00Z", .debian, ["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]),
        ("0 1,2 * * *", "2026-03-28T12:00:00Z", .debian, ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]),
        ("30 1 * * *", "2026-03-28T12:00:00Z", .skip, ["2026-03-30T00:30:00Z"]),
        ("30 1 * * *", "2026-03-28T12:00:00Z", .both, ["2026-03-30T00:30:00Z"]),
        ("30 * * * *", "2026-03-29T00:00:00Z", .debian, ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"]),
        ("*/30 1 * * *", "2026-03-28T12:00:00Z", .debian, ["2026-03-30T00:00:00Z"]),
        ("30 1 * * *", "2026-10-24T12:00:00Z", .debian, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
        ("30 1 * * *", "2026-10-24T12:00:00Z", .skip, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
        (
            "30 1 * * *", "2026-10-24T12:00:00Z", .both,
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"]
        ),
        (
            "30 * * * *", "2026-10-25T00:00:00Z", .debian,
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"]
        ),
        ("30 * * * *", "2026-10-25T00:00:00Z", .skip, ["2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z"]),
        // In the second pass a fixed time has had its turn.
        ("45 1 * * *", "2026-10-25T01:30:00Z", .debian, ["2026-10-26T01:45:00Z"]),
        ("0-59 1 * * * 0-59", "2026-10-25T01:00:00Z", .debian, ["2026-10-26T01:00:00Z"]),
        ("*/50 1 29 2 *", "2026-01-01T00:00:00Z", .debian, ["2028-02-29T01:00:00Z", "2028-02-29T01:50:00Z"]),
    ]) func `clock changes in London`(
        expression: String, after: String, policy: DSTPolicy, expected: [String]
    ) throws {
        let found = try due(expression, after: after, in: "Europe/London", policy: policy, count: expected.count)
        #expect(found == expected)
    }

    @Test func `a change of half an hour and a day that never was`() throws {
        // Lord Howe goes forward by 30 minutes on 2026-10-04 at 02:00 (+10:30 → +11).
        #expect(
            try due("15 2 * * *", after: "2026-10-03T12:00:00Z", in: "Australia/Lord_Howe", count: 2)
                == ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"])
        // Samoa had no 30 December 2011: what was due then runs as the 31st begins.
        #expect(
            try due("0 12 30 12 *", after: "2011-12-29T00:00:00Z", in: "Pacific/Apia", count: 1)
                == ["2011-12-30T10:00:00Z"])
        #expect(
            try due("0 12 30 12 *", after: "2011-12-29T00:00:00Z", in: "Pacific/Apia", policy: .skip, count: 1)
                == ["2012-12-29T22:00:00Z"])
    }

    @Test(arguments: [
        "Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu",
    ])
    func `a schedule that follows elapsed time is due exactly when the wall clock says so`(name: String) throws {
        let zone = try #require(Zones.named(name))
        let start = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z")).seconds
        for expression in ["*/15 * * * *", "10 */3 * * *", "*/30 2 * * SUN"] {
            let schedule = try CronSchedule(parsing: expression)
            let fields = expression.split(separator: " ")
            var expected: [Int64] = []
            for minute in stride(from: start + 300, through: start + 366 * 86_400, by: 300) {
                let wall = minute + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(minute))))
                let (hour, inHour) = (wall / 3600 % 24, wall / 60 % 60)
                let isDue =
                    switch fields[0] {
                    case "*/15": inHour % 15 == 0
                    case "10": inHour == 10 && hour % 3 == 0
                    default: inHour % 30 == 0 && hour == 2 && (wall / 86_400 + 4) % 7 == 0
                    }
                if isDue { expected.append(minute) }
            }
            var found: [Int64] = []
            var instant = Timestamp(seconds: start)
            while let next = schedule.next(after: instant, in: zone), next.seconds <= start + 366 * 86_400 {
                found.append(next.seconds)
                instant = next
            }
            #expect(found == expected, "\(expression) in \(name)")
        }
    }

    @Test func `a daily time runs on every day of a year once, in any zone`() throws {
        for name in ["Europe/London", "America/Santiago", "Asia/Beirut", "America/Havana"] {
            for policy in [DSTPolicy.debian] {
                for hour in 0...3 {
                    let found = try due(
                        "30 \(hour) * * *", after: "2026-01-01T12:00:00Z", in: name, policy: policy, count: 365)
                    #expect(Set(found).count == 365)
                    let last = try #require(found.last.flatMap { Timestamp(rfc3339: $0) })
                    #expect(last.seconds / 86_400 - 20_454 <= 367)
                }
            }
        }
    }

    // MARK: - Problems

    @Test(arguments: [
        ("", "cron expression: found '', expected 5 or 6 fields, not 0"),
        ("* * * *", "cron expression: found '* * * *', expected 5 or 6 fields, not 4"),
        ("0 0 0 1 1 * 2026", "cron expression: found '0 0 0 1 1 * 2026', expected 5 or 6 fields, not 7"),
        ("60 * * * *", "cron expression: minute: found '60', expected 0-59"),
        ("* 24 * * *", "cron expression: hour: found '24', expected 0-23"),
        ("* * 0 * *", "cron expression: day of month: found '0', expected 1-31"),
        ("* * * 13 *", "cron expression: month: found '13', expected 1-12 or JAN-DEC"),
        ("* * * * 8", "cron expression: day of week: found '8', expected 0-7 or SUN-SAT"),
        ("* * * * MNO", "cron expression: day of week: found 'MNO', expected 0-7 or SUN-SAT; did you mean MON?"),
        (
            "* * * * L",
            "cron expression: day of week: found 'L', expected a day before L, as in 5L or FRIL (the last Friday)"
        ),
        ("* * * * MON#6", "cron expression: day of week: found 'MON#6', expected a week 1-5 after #, as in MON#2"),
        ("* * 32W * *", "cron expression: day of month: found '32W', expected a day 1-31 before W, as in 15W"),
        (
            "* * L-3 * *",
            "cron expression: day of month: found 'L-3', expected L (the last day) or LW (the last working day)"
        ),
        (
            "30-10 * * * *",
            "cron expression: minute: found '30-10', expected a range that does not run backwards; "
                + "write it as two ranges, with a comma"
        ),
        ("*/0 * * * *", "cron expression: minute: found '*/0', expected a step of 1 to 60"),
        ("*/61 * * * *", "cron expression: minute: found '*/61', expected a step of 1 to 60"),
        ("1,,2 * * * *", "cron expression: minute: found 'nothing', expected 0-59"),
        ("-5 * * * *", "cron expression: minute: found '-5', expected 0-59"),
        ("99999999999999999999 * * * *", "cron expression: minute: found '99999999999999999999', expected 0-59"),
        (
            "@reboot",
            "cron expression: found '@reboot', expected one of @annually, @daily, @hourly, @midnight, @monthly, @weekly, @yearly"
        ),
        (
            "@daily 5",
            "cron expression: found '@daily 5', expected one of @annually, @daily, @hourly, @midnight, @monthly, "
                + "@weekly, @yearly"
        ),
    ]) func `a bad expression names its field`(expression: String, message: String) {
        let problem = #expect(throws: CronSchedule.Problem.self) { try CronSchedule(parsing: expression) }
        #expect(problem?.message == message)
    }

    @Test func `an overlong expression is refused whole`() {
        #expect(throws: CronSchedule.Problem.self) {
            try CronSchedule(parsing: String(repeating: "1,", count: 5000) + "1 * * * *")
        }
    }

    @Test func `times beyond the calendar have no next one`() throws {
        let schedule = try CronSchedule(parsing: "* * * * *")
        for edge in [Int64.min, .max] {
            #expect(schedule.next(after: Timestamp(microseconds: edge), in: .gmt) == nil)
        }
    }

    // MARK: - Zones

    @Test(arguments: [
        "Europe/London", "America/Argentina/Buenos_Aires", "UTC", "Asia/Calcutta", "Etc/GMT+5", "US/Pacific",
    ])
    func `zones have IANA names`(name: String) {
        #expect(Zones.named(name) != nil)
    }

    @Test(arguments: [
        "", "PST", "GMT+5", "+05:00", "europe/london", "Europe/LONDON", "Europe/Londn", "Mars/Phobos", "../etc/passwd",
        "Europe/",
        "Local", "EST",
    ]) func `anything else is no zone`(name: String) {
        #expect(Zones.named(name) == nil)
    }

    @Test func `a misspelt zone suggests the nearest one`() {
        #expect(Zones.nearest(to: "Europe/Londn") == "Europe/London")
    }
}
