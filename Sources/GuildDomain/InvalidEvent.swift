/// Why a document is not a CloudEvent that we take.
package struct InvalidEvent: GuildError, Equatable {
    /// What is wrong, with its attribute.
    package let reason: String

    package var kind: ErrorKind { .usage }
    package var message: String { "not a CloudEvent: \(reason)" }
    package var hint: String? {
        "an event needs specversion \"1.0\", id, source and type; data is any JSON value, or data_base64 its bytes"
    }
}
