import Testing

/// The road, tried with the built binaries: real processes, a real repository, a real ledger, vendors on loopback. One
/// at a time, because each of these runs several processes.
@Suite(.serialized, .timeLimit(.minutes(10))) enum Road {}
