/// A failure of an engine, in terms that apply to any engine.
struct StorageFault: Error, Hashable {
    enum Kind: Hashable {
        /// Another program holds a lock.
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

    /// The answer to every use after the end.
    static let closed = StorageFault(kind: .other, message: "it is closed")
}
