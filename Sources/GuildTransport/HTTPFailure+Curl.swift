import CLibCurl
import Foundation
import GuildDomain

extension HTTPFailure {
    /// - Parameters:
    ///   - text: curl's own words for this exchange; empty if it had none.
    ///   - systemError: the `errno` of a failed connect, or 0.
    init(_ code: CURLcode, host: String, text: String, systemError: Int) {
        let reason = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        switch code {
        case CURLE_OPERATION_TIMEDOUT:
            self = .timeout(host: host, phase: "connect")
        case CURLE_COULDNT_RESOLVE_HOST:
            self = .resolve(host: host)
        case CURLE_COULDNT_CONNECT, CURLE_URL_MALFORMAT, CURLE_INTERFACE_FAILED, CURLE_COULDNT_RESOLVE_PROXY,
            CURLE_PROXY,
            CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT:
            let system = Int32(truncatingIfNeeded: systemError)
            self = .connect(host: host, reason: system == 0 ? reason : SystemError.words(system))
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
            self = .tls(host: host, reason: reason)
        default:
            // A body or chunk cut short, an empty answer, a reset, or something that is not HTTP.
            self = .truncated(host: host, reason: reason)
        }
    }
}
