package import GuildDomain

/// `kind: NotificationPolicy`: who is notified of what, where and when.
package struct NotificationPolicy: Manifest {
    package struct Destination: Sendable, Hashable {
        package enum Kind: String, Sendable, CaseIterable { case slack, teams, discord, email, pagerduty, webhook }

        package var kind: Kind
        /// `channel` or `target`.
        package var target: String?
        package var mention: String?
        /// The hour of a digest; nil sends at once.
        package var schedule: TimeOfDay?
        package var fallback: String?

        package init(kind: Kind) { self.kind = kind }
    }

    package struct Rule: Sendable, Hashable {
        package var name: String
        package var condition: EventPattern?
        package var destinations: [Destination] = []
        package var location: SourceLocation

        package init(name: String, location: SourceLocation = SourceLocation(file: "")) {
            self.name = name
            self.location = location
        }
    }

    package struct Throttle: Sendable, Hashable {
        package var maxDirectMessagesPerDay: Int?
        package var except: [Priority] = []

        package init() {}
    }

    package struct QuietHours: Sendable, Hashable {
        package var from: TimeOfDay
        package var to: TimeOfDay
        /// An IANA name; the organisation's if nothing is said.
        package var timezone: String

        package init(from: TimeOfDay, to: TimeOfDay, timezone: String) {
            self.from = from
            self.to = to
            self.timezone = timezone
        }
    }

    package var metadata: Metadata
    package var rules: [Rule] = []
    package var throttle = Throttle()
    package var quietHours: QuietHours?

    package init(metadata: Metadata) { self.metadata = metadata }
}
