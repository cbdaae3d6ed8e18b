package import GuildDomain

/// The machine's clock can be waited for from here upwards; the rooms below only read it.
extension SystemTime: TimeSource {
    /// It never lasts longer than planned at its beginning, even if the clock is set back meanwhile.
    package func sleep(until deadline: Timestamp) async throws { try await AlarmQueue.shared.sleep(until: deadline) }

    /// Calls `action` when the time has come; most alarms are cancelled before.
    package func alarm(at deadline: Timestamp, _ action: @escaping @Sendable () -> Void) -> Alarm {
        AlarmQueue.shared.alarm(at: deadline, action)
    }
}
