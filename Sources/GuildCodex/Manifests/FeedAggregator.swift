package import GuildDomain

/// `kind: FeedAggregator`: sources that are asked, not told.
package struct FeedAggregator: Manifest {
    /// The kind of feed.
    package enum Kind: String, Sendable, CaseIterable {
        case rss = "RSS"
        case api = "API"
        case email = "EMAIL"
        case calendar = "CALENDAR"
    }

    /// One feed that is read.
    package struct Source: Sendable, Hashable {
        /// The feed's name in messages and events.
        package var name: String
        /// The feed's address.
        package var url: String

        package init(name: String, url: String) {
            self.name = name
            self.url = url
        }
    }

    /// When the feeds are read.
    package enum Timing: Sendable, Hashable {
        case schedule(CronSchedule, text: String)
        case interval(Duration)
    }

    /// The reaction to new entries.
    package struct Action: Sendable, Hashable {
        /// The kind of reaction.
        package var type: String
        /// The agent or channel that it addresses.
        package var target: String?
        /// The people that it notifies.
        package var notify: [String] = []

        package init(type: String) { self.type = type }
    }

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    package var kind: Kind
    /// The feeds, in their order.
    package var sources: [Source] = []
    /// When the feeds are read.
    package var timing: Timing
    /// Field → accepted values; `keywords` matches any text.
    package var filter: [String: [String]] = [:]
    /// The reaction to new entries; nil means an event only.
    package var action: Action?

    package init(metadata: Metadata, kind: Kind, timing: Timing) {
        self.metadata = metadata
        self.kind = kind
        self.timing = timing
    }
}
