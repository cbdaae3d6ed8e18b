import CLibCurl

/// The target of a redirect (RFC 9110, section 15.4). The client follows none by itself: a caller with a credential
/// decides, and a caller that writes must not let a POST become a GET.
package enum HTTPRedirect {
    /// Statuses that ask for the same request at another address.
    package static let statuses: Set<Int> = [301, 302, 307, 308]

    /// The address in `location`, which may be relative to `url`.
    ///
    /// - Returns: nil if it is not an address, or if its scheme, host or port differs: a token is not sent there.
    package static func target(_ location: String, from url: String) -> String? {
        guard location.utf8.count <= HTTPTarget.longestURLBytes, !location.utf8.contains(0), let handle = curl_url()
        else {
            return nil
        }
        defer { curl_url_cleanup(handle) }
        func part(_ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        func origin() -> [String?] {
            [
                part(CURLUPART_SCHEME), part(CURLUPART_HOST)?.lowercased(),
                part(CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)),
            ]
        }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK else { return nil }
        let before = origin()
        let user = part(CURLUPART_USER)
        guard curl_url_set(handle, CURLUPART_URL, location, 0) == CURLUE_OK, origin() == before,
            part(CURLUPART_USER) == user
        else { return nil }
        return part(CURLUPART_URL)
    }
}
