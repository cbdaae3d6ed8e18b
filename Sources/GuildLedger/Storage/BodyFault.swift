package import GuildDomain

/// Why a stored body cannot be read back.
package enum BodyFault: GuildError, Equatable {
    /// It says that it holds more than its reader takes.
    case tooLarge(bytes: UInt64, limitBytes: Int)
    /// Its first byte names no form that this version knows; nil if it has no first byte.
    case unknownForm(UInt8?)
    /// No such dictionary is part of this version.
    case unknownDictionary(UInt32)
    /// It is cut short, or is not what was written.
    case damaged(reason: String)
    /// There is no memory to read it: it may be whole.
    case noMemory

    /// Whether a newer guild may have written it, so that it is whole for one that knows more.
    package var mayBeNewer: Bool {
        switch self {
        case .unknownForm(.some), .unknownDictionary: true
        case .tooLarge, .unknownForm(nil), .damaged, .noMemory: false
        }
    }

    package var kind: ErrorKind { .unavailable }

    package var message: String {
        switch self {
        case .tooLarge(let bytes, let limit): "a stored body holds \(bytes) bytes, more than the \(limit) allowed here"
        case .unknownForm(let form?): "a stored body is of form \(form), which this version does not know"
        case .unknownForm(nil): "a stored body is empty"
        case .unknownDictionary(let id): "a stored body was compressed with dictionary \(id), which this version lacks"
        case .damaged(let reason): "a stored body is damaged: \(reason)"
        case .noMemory: "there is no memory to read a stored body"
        }
    }

    package var hint: String? {
        switch self {
        case .unknownForm(.some), .unknownDictionary: "a newer guild may have written it: install that version"
        case .noMemory: nil
        case .tooLarge, .unknownForm(nil), .damaged: "restore the ledger from a backup"
        }
    }
}
