/// What an engine could not do, in terms that any engine has.
struct StorageFault: Error, Hashable {
    enum Kind: Hashable {
        /// Somebody else holds a lock.
        case busy
        case readOnly
        case full
        /// Not a database, or damaged.
        case notADatabase
        /// A row breaks a constraint of the schema.
        case constraint
        /// The disk failed.
        case inputOutput
        case other
    }

    let kind: Kind
    let message: String
    /// The statement, if there was one.
    var sql: String = ""
}
