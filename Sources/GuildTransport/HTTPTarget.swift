import CLibCurl
import Foundation

/// The target of a request: its URL as curl reads it, so that the checked host is the contacted host.
struct HTTPTarget: Sendable {
    let url: String
    /// As in the URL, with an odd spelling of an IPv4 address (`0x7f.1`) made plain; IPv6 in brackets.
    let host: String
    let isSecure: Bool
    /// Nil for a direct connection.
    let proxy: String?
    /// The key by which connections per host are counted.
    let connectionKey: String

    /// Longer URLs are refused; servers take 8 to 64 KiB.
    static let longestURLBytes = 64 << 10

    init(_ url: String, proxies: ProxySettings) throws(HTTPFailure) {
        let failure = HTTPFailure.invalidURL(Self.shown(url))
        guard url.utf8.count <= Self.longestURLBytes, !url.utf8.contains(0), let handle = curl_url() else {
            throw failure
        }
        defer { curl_url_cleanup(handle) }
        func part(_ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK, let scheme = part(CURLUPART_SCHEME),
            scheme == "http" || scheme == "https", let host = part(CURLUPART_HOST), !host.isEmpty,
            let port = part(CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)), let normal = part(CURLUPART_URL)
        else { throw failure }
        self.url = normal
        self.host = host
        isSecure = scheme == "https"
        proxy = proxies.proxy(isSecure: isSecure, host: host)
        // A plain request shares the connections to the proxy; a tunnel belongs to its own host.
        connectionKey = isSecure ? "\(host):\(port)" : proxy ?? "\(host):\(port)"
    }

    /// The URL without its possible secrets: the query, and the name and password before the host.
    private static func shown(_ url: String) -> String {
        var shown = url.prefix { $0 != "?" && $0 != "#" }.prefix(200)
        if let at = shown.lastIndex(of: "@") {
            let scheme = shown.range(of: "://").map { String(shown[..<$0.upperBound]) } ?? ""
            shown = (scheme + shown[shown.index(after: at)...])[...]
        }
        return String(shown)
    }
}
