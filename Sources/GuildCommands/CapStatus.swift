import GuildDomain
import GuildLedger

/// The part of `guild status` about caps on actions: the waiting actions, and the releases.
struct CapStatus: JSONShape, Sendable {
    let queues: [CapQueue]
    let releases: [CapRelease]

    var json: JSONValue {
        [
            "waiting": .array(
                queues.map { queue in
                    [
                        "agent": .string(queue.agent), "cap": .string(queue.hold.cap.key),
                        "limit": .integer(queue.hold.limit.count), "from": .string(queue.hold.limit.setting),
                        "waiting": .integer(queue.waiting), "since": .string(queue.since.rfc3339),
                    ]
                }),
            "released": .array(
                releases.map { release in
                    [
                        "agent": .string(release.agent), "cap": .string(release.cap.key),
                        "scope": .string(release.scope),
                        "left": .integer(release.left), "until": .string(release.until.rfc3339),
                        "by": .string(release.actor),
                    ]
                }),
        ]
    }

    var lines: [String] {
        queues.map { queue in
            let actions = Amount.counted(queue.waiting, "action")
            return "           \(queue.agent): \(actions) \(queue.hold.reason); "
                + queue.hold.nextStep(agent: queue.agent)
        }
            + releases.map { release in
                "released   \(release.agent) may do \(release.left) more past \(release.cap.key)"
                    + (release.scope.isEmpty ? "" : " (\(release.scope))") + " until "
                    + "\(LocalTime.text(release.until)), by \(release.actor)"
            }
    }
}
