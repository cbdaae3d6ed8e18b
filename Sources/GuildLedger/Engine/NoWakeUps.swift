/// Of a ledger that tells nothing of others' commits.
struct NoWakeUps: WakeUps {
    func begin(_ woken: @escaping @Sendable () -> Void) {}
    func arm() {}
    func lastWrite(isOurs: Bool) {}
    func end() {}
}
