import GuildDomain

// Enumerations that columns hold as their raw values; any other value is a `RowFault`.

extension InvocationState: Storable, StoredDecodable {}
extension WaitReason: Storable, StoredDecodable {}
extension Priority: Storable, StoredDecodable {}
extension AlertLevel: Storable, StoredDecodable {}
extension BudgetPeriod: Storable, StoredDecodable {}
extension ActionCap: Storable, StoredDecodable {}
extension Autonomy: Storable, StoredDecodable {}
extension MissedReason: Storable, StoredDecodable {}
extension Action.State: Storable, StoredDecodable {}
extension Decision.Outcome: Storable, StoredDecodable {}
extension FiringKind: Storable, StoredDecodable {}
extension SecretStanding.State: Storable, StoredDecodable {}
extension SecretUse.Kind: Storable, StoredDecodable {}
