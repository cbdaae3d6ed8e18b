package import GuildDomain

/// `kind: FeedAggregator`: sources that are asked, not told.
package struct FeedAggregator: Manifest {
    package enum Kind: String, Sendable, CaseIterable {
        case rss = "RSS"
        case api = "API"
        case email = "EMAIL"
        case calendar = "CALENDAR"
    }

    package struct Source: Sendable, Hashable {
        package var name: String
        package var url: String

        package init(name: String, url: String) {
            self.name = name
            self.url = url
        }
    }

    package enum Timing: Sendable, Hashable {
        case schedule(CronSchedule, text: String)
        case interval(Duration)
    }

    package struct Action: Sendable, Hashable {
        package var type: String
        package var target: String?
        package var notify: [String] = []

        package init(type: String) { self.type = type }
    }

    package var metadata: Metadata
    package var kind: Kind
    package var sources: [Source] = []
    package var timing: Timing
    /// Field → accepted values; `keywords` matches any text.
    package var filter: [String: [String]] = [:]
    package var action: Action?

    package init(metadata: Metadata, kind: Kind, timing: Timing) {
        self.metadata = metadata
        self.kind = kind
        self.timing = timing
    }
}
