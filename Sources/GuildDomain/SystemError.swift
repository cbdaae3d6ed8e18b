import Foundation

/// The system's words for a failed call: the one place where an `errno`, or an error of Foundation, becomes text.
package enum SystemError {
    /// - Parameter code: an `errno`.
    package static func words(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// The `errno` within an error of Foundation, whose own text is about its types and not about the file.
    package static func words(_ error: any Error) -> String { words(code(of: error)) }

    /// An error of Foundation that came through to the end, as one with an exit status; nil for any other.
    package static func failure(of error: any Error) -> Failure? {
        guard error is CocoaError || error is POSIXError else { return nil }
        let place = (error as? CocoaError)?.filePath.map { "\($0): " } ?? ""
        return Failure(.unavailable, place + words(error))
    }

    /// The `errno` within an error; `EIO` if it has none.
    package static func code(of error: any Error) -> Int32 {
        if let error = error as? POSIXError { return error.code.rawValue }
        guard let error = error as? CocoaError else { return EIO }
        if let below = error.underlying as? POSIXError { return below.code.rawValue }
        return switch error.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: ENOENT
        case .fileReadNoPermission, .fileWriteNoPermission: EACCES
        case .fileWriteFileExists: EEXIST
        case .fileWriteOutOfSpace: ENOSPC
        case .fileWriteVolumeReadOnly: EROFS
        case .fileReadInvalidFileName, .fileWriteInvalidFileName: ENAMETOOLONG
        default: EIO
        }
    }
}
