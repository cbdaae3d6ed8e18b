/// The kinds of records that an id of 26 letters and digits may name.
package enum RecordKind: String, Sendable, CaseIterable {
    case event, invocation, action

    var table: String { rawValue + "s" }
}
