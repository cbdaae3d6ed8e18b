import GuildDomain

/// The part of the context that goes into a request; a yellow alert trims it harder (docs/dispatch.md, "Order of the
/// queue").
///
/// The model learns of each tool result that is left out, so that it can ask for it again. The newest results are
/// always included whole, because the model has just asked for them.
struct ContextTrim: Sendable {
    /// Of all context files together.
    static let fileLimitBytes = 256 << 10
    static let alertedFileLimitBytes = fileLimitBytes / 2
    /// Under an alert, a longer result of an earlier turn is left out.
    static let alertedResultLimitBytes = 1 << 10

    let isAlerted: Bool
    /// The bytes that would have been included without the alert.
    private(set) var leftOutBytes = 0
    private var fileBytes = 0
    private var alertedFileBytes = 0

    init(under level: AlertLevel = .none) { isAlerted = level >= .yellow }

    mutating func beginFiles() {
        fileBytes = 0
        alertedFileBytes = 0
    }

    /// Whether a context file of that size is still included.
    mutating func takes(file bytes: Int) -> Bool {
        guard bytes <= Self.fileLimitBytes - fileBytes else { return false }
        fileBytes += bytes
        guard isAlerted else { return true }
        guard bytes <= Self.alertedFileLimitBytes - alertedFileBytes else {
            leftOutBytes += bytes
            return false
        }
        alertedFileBytes += bytes
        return true
    }

    /// A tool's result as it is sent.
    ///
    /// - Parameter isNewest: it belongs to the model's last turn.
    mutating func result(_ text: String, isNewest: Bool) -> String {
        let bytes = text.utf8.count
        guard isAlerted, !isNewest, bytes > Self.alertedResultLimitBytes else { return text }
        leftOutBytes += bytes
        return
            "[\(bytes) bytes of this earlier result were left out to save tokens; call the tool again if you need them]"
    }
}
