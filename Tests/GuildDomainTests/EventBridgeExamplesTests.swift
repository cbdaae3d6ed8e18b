import GuildDomain
import Testing

/// The examples of Amazon's public documentation with the result that it states: the user guide's pages "Creating Amazon
/// EventBridge event patterns" (eb-event-patterns), "Comparison operators" (eb-create-pattern-operators), its notes on
/// null values and arrays, and the README of aws/event-ruler, which EventBridge runs on. Each is asked of the
/// interpreter and of the index.
///
/// Two things differ on purpose: numbers compare as decimals, where EventBridge's guide says
/// that 300 and 3.0e2 differ; and they have no limit of range or precision.
@Suite struct EventBridgeExamplesTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let pattern: String
        let event: String
        let isMatch: Bool

        init(_ pattern: String, _ event: String, _ isMatch: Bool) {
            (self.pattern, self.event, self.isMatch) = (pattern, event, isMatch)
        }

        var testDescription: String { "\(pattern) on \(event.prefix(60))" }
    }

    private static let terminated = """
        {"version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
         "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2", "account": "111122223333",
         "time": "2017-12-22T18:43:48Z", "region": "us-west-1",
         "resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
         "detail": {"instance-id": "i-1234567890abcdef0", "state": "terminated"}}
        """
    private static let launched = """
        {"version": "0", "detail-type": "EC2 Instance Launch Successful", "source": "aws.autoscaling",
         "time": "2015-11-11T21:31:47Z", "region": "us-east-1", "resources": [],
         "detail": {"eventVersion": "", "responseElements": null}}
        """
    private static let macie = """
        {"detail-type": "Macie Alert", "source": "aws.macie", "detail": {"notification-type": "ALERT_CREATED",
         "tags": ["Custom_Alert", "Insider"], "risk-score": 80, "trigger": {"alert-type": "basic", "risk": 8}}}
        """
    private static let ruler = """
        {"detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2", "time": "2017-10-02T16:24:49Z",
         "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000"],
         "detail": {"c-count": 5, "d-count": 3, "x-limit": 301.8, "source-ip": "10.0.0.33", "state": "running"}}
        """
    private static let employees = """
        {"employees": [{"firstName": "John", "lastName": "Doe"}, {"firstName": "Anna", "lastName": "Smith"},
         {"firstName": "Peter", "lastName": "Jones"}]}
        """

    private static let patterns = [
        Example(
            #"{"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"], "detail": {"state": ["terminated"]}}"#,
            terminated, true),
        Example(#"{"source": ["aws.ec2", "aws.fargate"]}"#, terminated, true),
        Example(#"{"source": ["aws.ec2", "aws.fargate"]}"#, launched, false),
        Example(
            #"{"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance Launch Successful"], "detail": {"responseElements": [null]}}"#,
            launched, true),
        Example(#"{"detail": {"eventVersion": [""]}}"#, launched, true),
        Example(#"{"detail": {"eventVersion": [null]}}"#, launched, false),
        Example(#"{"detail": {"responseElements": [""]}}"#, launched, false),
        Example(
            #"{"source": ["aws.macie"], "detail-type": ["Macie Alert"], "detail": {"risk-score": [80], "trigger": {"risk": [8]}}}"#,
            macie, true),
        Example(
            """
            {"resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-b188560f",
             "arn:aws:ec2:us-east-1:111122223333:instance/i-b188560f"]}
            """,
            """
            {"resources": ["arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:eb56d16b",
             "arn:aws:ec2:us-east-1:123456789012:instance/i-b188560f"]}
            """, true),
    ]

    private static let operators = [
        Example(#"{"Location": ["New York"], "Day": ["Monday"]}"#, #"{"Location": "New York", "Day": "Monday"}"#, true),
        Example(
            #"{"Location": ["New York"], "Day": ["Monday"]}"#, #"{"Location": "New York", "Day": "Tuesday"}"#, false),
        Example(#"{"Region": [{"anything-but": {"prefix": "us-"}}]}"#, #"{"Region": "eu-west-1"}"#, true),
        Example(#"{"Region": [{"anything-but": {"prefix": "us-"}}]}"#, #"{"Region": "us-west-1"}"#, false),
        Example(#"{"FileName": [{"anything-but": {"suffix": ".png"}}]}"#, #"{"FileName": "a.txt"}"#, true),
        Example(#"{"FileName": [{"anything-but": {"suffix": ".png"}}]}"#, #"{"FileName": "a.png"}"#, false),
        Example(
            #"{"state": [{"anything-but": {"equals-ignore-case": "initializing"}}]}"#, #"{"state": "INITIALIZING"}"#,
            false),
        Example(#"{"state": [{"anything-but": {"equals-ignore-case": "initializing"}}]}"#, #"{"state": "on"}"#, true),
        Example(#"{"FilePath": [{"anything-but": {"wildcard": "*/lib/*"}}]}"#, #"{"FilePath": "/usr/lib/a"}"#, false),
        Example(#"{"FilePath": [{"anything-but": {"wildcard": "*/lib/*"}}]}"#, #"{"FilePath": "/usr/bin/a"}"#, true),
        Example(#"{"Region": [{"prefix": "us-"}]}"#, #"{"Region": "us-east-1"}"#, true),
        Example(#"{"service": [{"prefix": {"equals-ignore-case": "eventb"}}]}"#, #"{"service": "EventBridge"}"#, true),
        Example(#"{"LastName": [""]}"#, #"{"LastName": ""}"#, true),
        Example(#"{"Name": ["Alice"]}"#, #"{"Name": "alice"}"#, false),
        Example(#"{"Name": [{"equals-ignore-case": "alice"}]}"#, #"{"Name": "Alice"}"#, true),
        Example(#"{"FileName": [{"suffix": ".png"}]}"#, #"{"FileName": "dir/x.png"}"#, true),
        Example(#"{"service": [{"suffix": {"equals-ignore-case": "tbridge"}}]}"#, #"{"service": "EVENTBRIDGE"}"#, true),
        Example(#"{"ProductName": [{"exists": true}]}"#, #"{"ProductName": "x"}"#, true),
        Example(#"{"ProductName": [{"exists": false}]}"#, #"{"Other": "x"}"#, true),
        Example(#"{"Weather": [{"anything-but": ["Raining"]}]}"#, #"{"Weather": "Sunny"}"#, true),
        Example(#"{"UserID": [null]}"#, #"{"UserID": null}"#, true),
        Example(#"{"Price": [{"numeric": ["=", 100]}]}"#, #"{"Price": 100}"#, true),
        Example(#"{"Price": [{"numeric": [">", 10, "<=", 20]}]}"#, #"{"Price": 20}"#, true),
        Example(#"{"Price": [{"numeric": [">", 10, "<=", 20]}]}"#, #"{"Price": 10}"#, false),
        Example(#"{"PaymentType": ["Credit", "Debit"]}"#, #"{"PaymentType": "Debit"}"#, true),
        Example(
            #"{"$or": [{"Location": ["New York"]}, {"Day": ["Monday"]}]}"#, #"{"Location": "Paris", "Day": "Monday"}"#,
            true),
        Example(
            #"{"$or": [{"Location": ["New York"]}, {"Day": ["Monday"]}]}"#, #"{"Location": "Paris", "Day": "Friday"}"#,
            false),
        Example(#"{"FileName": [{"wildcard": "dir/*.png"}]}"#, #"{"FileName": "dir/sub/x.png"}"#, true),
        Example(#"{"FileName": [{"wildcard": "dir/*.png"}]}"#, #"{"FileName": "other/x.png"}"#, false),
        Example(
            #"{"$or": [{"c-count": [{"numeric": [">", 0, "<=", 5]}]}, {"d-count": [{"numeric": ["<", 10]}]}, {"x-limit": [{"numeric": ["=", 3.018e2]}]}]}"#,
            #"{"c-count": 9, "d-count": 10, "x-limit": 301.8}"#, true),
    ]

    private static let filters = [
        Example(#"{"time": [{"prefix": "2017-10-02"}]}"#, #"{"time": "2017-10-02T18:43:48Z"}"#, true),
        Example(#"{"detail": {"state": [{"anything-but": "initializing"}]}}"#, ruler, true),
        Example(#"{"detail": {"x-limit": [{"anything-but": 123}]}}"#, ruler, true),
        Example(#"{"detail": {"state": [{"anything-but": ["stopped", "overloaded"]}]}}"#, ruler, true),
        Example(
            #"{"detail": {"x-limit": [{"anything-but": [100, 200, 300]}]}}"#, #"{"detail": {"x-limit": 200}}"#, false),
        Example(
            #"{"detail": {"state": [{"anything-but": {"prefix": "init"}}]}}"#, #"{"detail": {"state": "initial"}}"#,
            false),
        Example(
            #"{"detail": {"c-count": [{"numeric": [">", 0, "<=", 5]}], "d-count": [{"numeric": ["<", 10]}], "x-limit": [{"numeric": ["=", 3.018e2]}]}}"#,
            ruler, true),
        Example(#"{"detail": {"source-ip": [{"cidr": "10.0.0.0/24"}]}}"#, ruler, true),
        Example(
            #"{"detail": {"source-ip": [{"cidr": "10.0.0.0/24"}]}}"#, #"{"detail": {"source-ip": "10.0.1.33"}}"#, false),
        Example(#"{"detail": {"c-count": [{"exists": true}]}}"#, ruler, true),
        Example(
            #"{"detail": {"c-count": [{"exists": false}]}}"#, #"{"detail": {"state": ["initializing", "running"]}}"#,
            true),
        // `exists` looks at leaves only.
        Example(#"{"detail": {"c-count": [{"exists": false}]}}"#, #"{"detail": {"c-count": {"c1": 100}}}"#, true),
        Example(
            """
            {"time": [{"prefix": "2017-10-02"}], "detail": {"state": [{"anything-but": "initializing"}],
             "c-count": [{"numeric": [">", 0, "<=", 5]}], "d-count": [{"numeric": ["<", 10]}],
             "x-limit": [{"anything-but": [100, 200, 300]}], "source-ip": [{"cidr": "10.0.0.0/8"}]}}
            """, ruler, true),
    ]

    private static let rulerReadme = [
        Example(
            """
            {"detail-type": ["EC2 Instance State-change Notification"],
             "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000"],
             "detail": {"state": ["initializing", "running"]}}
            """, ruler, true),
        Example(#"{"source": [{"suffix": "ec2"}]}"#, ruler, true),
        Example(#"{"source": [{"equals-ignore-case": "EC2"}]}"#, #"{"source": "ec2"}"#, true),
        Example(#"{"source": [{"wildcard": "Simple*Service"}]}"#, #"{"source": "SimpleQueueService"}"#, true),
        Example(
            #"{"source": ["aws.cloudwatch"], "$or": [{"metricName": ["CPUUtilization", "ReadLatency"]}, {"namespace": ["AWS/EC2", "AWS/ES"]}]}"#,
            #"{"source": "aws.cloudwatch", "namespace": "AWS/ES"}"#, true),
        Example(
            #"{"source": ["aws.cloudwatch"], "$or": [{"metricName": ["CPUUtilization"]}, {"metricType": ["MetricType"], "namespace": ["AWS/EC2"], "$or": [{"metricId": [1234]}, {"spaceId": [1000]}]}, {"scope": ["Service"]}]}"#,
            #"{"source": "aws.cloudwatch", "metricType": "MetricType", "namespace": "AWS/EC2", "spaceId": 1000}"#, true),
        Example(
            #"{"source": ["aws.cloudwatch"], "$or": [{"metricName": ["CPUUtilization"]}, {"metricType": ["MetricType"], "namespace": ["AWS/EC2"], "$or": [{"metricId": [1234]}, {"spaceId": [1000]}]}, {"scope": ["Service"]}]}"#,
            #"{"source": "aws.cloudwatch", "metricType": "MetricType", "namespace": "AWS/EC2", "spaceId": 1001}"#, false
        ),
        Example(
            #"{"$or": [{"metricName": ["ReadLatency"]}, {"namespace": ["AWS/ES"]}], "detail": {"$or": [{"source": ["aws.cloudwatch"]}, {"detail-type": ["Alarm"]}]}}"#,
            #"{"namespace": "AWS/ES", "detail": {"detail-type": "Alarm"}}"#, true),
        Example(#"{"employees": {"firstName": ["Anna"]}}"#, employees, true),
        Example(#"{"employees": {"firstName": ["Anna"], "lastName": ["Jones"]}}"#, employees, false),
        Example(#"{"employees": {"firstName": ["Anna"], "lastName": ["Smith"]}}"#, employees, true),
        Example(
            #"{"employees": {"firstName": ["Anna"]}}"#,
            #"{"employees": [[{"firstName": "John"}, {"firstName": "Anna"}], [{"firstName": "Peter"}]]}"#, true),
    ]

    @Test(arguments: patterns + operators + filters + rulerReadme)
    func `the documentation's examples come out as it says`(example: Example) throws {
        let pattern = try EventPattern(parsing: JSONParser.parse(example.pattern))
        let event = try JSONParser.parse(example.event)
        #expect(pattern.matches(event) == example.isMatch)
        #expect((pattern.firstMismatch(in: event) == nil) == example.isMatch)
        #expect(PatternIndex([PatternIndex.Rule(pattern)]).rules(matching: event) == (example.isMatch ? [0] : []))
    }

    @Test func `all examples compiled into one index come out the same`() throws {
        let examples = Self.patterns + Self.operators + Self.filters + Self.rulerReadme
        let patterns = try examples.map { try EventPattern(parsing: JSONParser.parse($0.pattern)) }
        let index = PatternIndex(patterns.map { PatternIndex.Rule($0) })
        for example in examples {
            let event = try JSONParser.parse(example.event)
            #expect(index.rules(matching: event) == patterns.indices.filter { patterns[$0].matches(event) })
        }
    }
}
