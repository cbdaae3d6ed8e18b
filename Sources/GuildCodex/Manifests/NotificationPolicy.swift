package import GuildDomain

/// `kind: NotificationPolicy`: who is notified of what, where and when.
package struct NotificationPolicy: Manifest {
    /// One place that receives notifications.
    package struct Destination: Sendable, Hashable {
        /// The kind of receiving system.
        package enum Kind: String, Sendable, CaseIterable { case slack, teams, discord, email, pagerduty, webhook }

        package var kind: Kind
        /// `channel` or `target`.
        package var target: String?
        /// The people or groups that a message mentions.
        package var mention: String?
        /// The hour of a digest; nil sends at once.
        package var schedule: TimeOfDay?
        /// The receiver if this one fails.
        package var fallback: String?

        package init(kind: Kind) { self.kind = kind }
    }

    /// Sends matching events to destinations.
    package struct Rule: Sendable, Hashable {
        /// The rule's name in messages.
        package var name: String
        /// The events that it applies to; nil means all.
        package var condition: EventPattern?
        /// The receivers, in their order.
        package var destinations: [Destination] = []
        /// Where the rule is written.
        package var location: SourceLocation

        package init(name: String, location: SourceLocation = SourceLocation(file: "")) {
            self.name = name
            self.location = location
        }
    }

    /// Limits on notifications.
    package struct Throttle: Sendable, Hashable {
        /// The most direct messages to one person in a day.
        package var maxDirectMessagesPerDay: Int?
        /// The priorities that the limit does not apply to.
        package var except: [Priority] = []

        package init() {}
    }

    /// The time in which nobody is notified.
    package struct QuietHours: Sendable, Hashable {
        /// When it begins.
        package var from: TimeOfDay
        /// When it ends; before `from` it ends on the next day.
        package var to: TimeOfDay
        /// An IANA name; the organisation's if nothing is said.
        package var timezone: String

        package init(from: TimeOfDay, to: TimeOfDay, timezone: String) {
            self.from = from
            self.to = to
            self.timezone = timezone
        }
    }

    /// Name, labels and place of the manifest.
    package var metadata: Metadata
    /// The rules, in their order.
    package var rules: [Rule] = []
    /// Limits on notifications.
    package var throttle = Throttle()
    /// The time in which nobody is notified; nil means none.
    package var quietHours: QuietHours?

    package init(metadata: Metadata) { self.metadata = metadata }
}
