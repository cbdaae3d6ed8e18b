package import Logging

/// Passes log events on with every known secret masked, in the message, the metadata and the error.
package struct RedactingLogHandler: LogHandler {
    private var inner: any LogHandler
    private let redactor: Redactor
    /// Kept here and not in the handler below, because a secret may be learnt after it was set.
    package var metadata: Logger.Metadata
    package var metadataProvider: Logger.MetadataProvider?

    package init(_ inner: any LogHandler, redactor: Redactor) {
        self.inner = inner
        self.redactor = redactor
        metadata = inner.metadata
        metadataProvider = inner.metadataProvider
        self.inner.metadata = [:]
        if metadataProvider != nil { self.inner.metadataProvider = nil }
    }

    package var logLevel: Logger.Level {
        get { inner.logLevel }
        set { inner.logLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var event = event
        event.message = "\(redactor.masked(event.message.description))"
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let given = event.metadata { all.merge(given) { $1 } }
        if let error = event.error {
            // The error itself could print a secret in the handler below.
            if all["error"] == nil { all["error"] = "\(error)" }
            event.error = nil
        }
        event.metadata = all.isEmpty ? nil : all.mapValues { masked($0) }
        inner.log(event: event)
    }

    private func masked(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        switch value {
        case .string(let text): .string(redactor.masked(text))
        case .stringConvertible(let value): .string(redactor.masked(value.description))
        case .dictionary(let members): .dictionary(members.mapValues { masked($0) })
        case .array(let elements): .array(elements.map { masked($0) })
        @unknown default: .string(redactor.masked("\(value)"))
        }
    }
}
