import GuildCitadel
import GuildCodex
import GuildControl
import GuildDomain
import GuildLedger

extension StatusResult {
    struct Document: Encodable {
        let codex: Codex
        let ledger: LedgerFile?
        let queues: Queues?
        let dispatch: Dispatch?
        let schedulesPaused: [PausedSchedule]
        let approvalsWaiting: Int
        let held: [JSONValue]
        let caps: CapStatus
        let alerts: [Alert]
        let secretsWaiting: [WaitingSecret]
        let processes: [Process]
        let agents: [AgentListing]
        let secretsMissing: [LackingEndpoint]
        let damage: [String]
    }

    struct LackingEndpoint: Encodable {
        let endpoint: String
        let missing: [String]
        let usable: Bool
    }

    struct Codex: Encodable {
        let revision: String
        let commit: String?
        let valid: Bool
        let warnings: Int
        /// Why the revision cannot be read.
        let unreadable: String?
        let running: Head?
        let lastRefused: Head?
        let loading: [Loading]
    }

    struct Head: Encodable {
        let commit: String
        let at: Timestamp
        let problems: [String]
    }

    struct Loading: Encodable {
        let commit: String
        let since: Timestamp
        let seconds: Int64
    }

    struct LedgerFile: Encodable {
        let path: String
        let bytes: Int64
        let walBytes: Int64
        let events: Int64
        let auditEntries: Int64
    }

    struct Queues: Encodable {
        let inbound: Int64
        /// By state.
        let invocations: JSONValue
        let actions: JSONValue
        let deadLetters: Int
        let notifications: Int
    }

    struct Dispatch: Encodable {
        struct Priority: Encodable {
            let priority: String
            let queued: Int
            let delayed: Int
            let running: Int
            let preempted: Int
        }

        let priorities: [Priority]
        let windows: Int
        let rateLimited: Int
        let rateLimitedBySender: Int
        let deadLetters: Int
    }

    struct PausedSchedule: Encodable {
        let target: String
        let until: Timestamp
    }

    struct Alert: Encodable {
        let account: String
        let level: String
        let told: [String]
    }

    struct WaitingSecret: Encodable {
        let id: String
        let secret: String
    }

    struct Process: Encodable {
        let id: WorkerID
        let components: [String]
        let pid: Int32
        let host: String
        let version: String
        let started: Timestamp
        let alive: Bool
    }

    var document: Document {
        Document(
            codex: codexDocument, ledger: ledger.map(LedgerFile.init), queues: ledger.map(Queues.init),
            dispatch: dispatch.map(Dispatch.init),
            schedulesPaused: schedulePauses.map { PausedSchedule(target: $0.target, until: $0.until) },
            approvalsWaiting: waiting, held: held.map { $0.json(isWhole: true) }, caps: caps,
            alerts: alerts.map { Alert(account: $0.account, level: $0.level.name, told: $0.recipients) },
            secretsWaiting: secrets.map { WaitingSecret(id: $0.pair.id, secret: $0.pair.description) },
            processes: (ledger?.processes ?? []).map(Process.init), agents: agents,
            secretsMissing: lacking.map {
                LackingEndpoint(endpoint: $0.endpoint, missing: $0.missing, usable: $0.isUsable)
            }, damage: damage)
    }

    private var codexDocument: Codex {
        let loaded = codex.loaded
        return Codex(
            revision: codex.revision, commit: loaded?.snapshot?.commit, valid: loaded?.snapshot != nil,
            warnings: loaded?.warnings.count ?? 0, unreadable: codex.problem?.oneLine, running: accepted.map(Head.init),
            lastRefused: refused.map(Head.init),
            loading: loading.map {
                Loading(commit: $0.commit, since: $0.since, seconds: max(0, (now - $0.since).components.seconds))
            })
    }
}

extension StatusResult.Head {
    fileprivate init(_ head: CodexHead) { self.init(commit: head.commit, at: head.at, problems: head.problems) }
}

extension StatusResult.LedgerFile {
    fileprivate init(_ ledger: LedgerStatus) {
        self.init(
            path: ledger.path, bytes: ledger.bytes, walBytes: ledger.walBytes, events: ledger.events,
            auditEntries: ledger.auditEntries)
    }
}

extension StatusResult.Queues {
    fileprivate init(_ ledger: LedgerStatus) {
        self.init(
            inbound: ledger.inboundDepth, invocations: Self.counts(ledger.invocationsByState),
            actions: Self.counts(ledger.actionsByState), deadLetters: ledger.deadLetters,
            notifications: ledger.notificationsPending)
    }

    private static func counts(_ states: [String: Int]) -> JSONValue {
        .object(JSONObject(states.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) }))
    }
}

extension StatusResult.Dispatch {
    fileprivate init(_ dispatch: DispatchStatus) {
        self.init(
            priorities: dispatch.queues.map { queue in
                Priority(
                    priority: queue.priority.name, queued: queue.queued, delayed: queue.delayed,
                    running: queue.running, preempted: queue.paused)
            }, windows: dispatch.windowCount, rateLimited: dispatch.pendingCount,
            rateLimitedBySender: dispatch.pendingOfSenders, deadLetters: dispatch.deadLetters)
    }
}

extension StatusResult.Process {
    fileprivate init(_ process: LedgerStatus.Process) {
        self.init(
            id: process.id, components: process.components.split(separator: " ").map(String.init), pid: process.pid,
            host: process.host, version: process.version, started: process.startedAt, alive: process.isAlive)
    }
}
