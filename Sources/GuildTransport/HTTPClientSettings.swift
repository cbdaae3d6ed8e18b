import Foundation

/// Settings that all exchanges of one client share.
package struct HTTPClientSettings: Sendable {
    /// Sent unless the request has its own `User-Agent`.
    package var userAgent = "guild"
    /// The proxies for requests that are not to loopback.
    package var proxies: ProxySettings
    /// A PEM file of trusted authorities in place of the system's.
    package var certificateFile: String?
    /// A folder of trusted authorities, as OpenSSL hashes it.
    package var certificateDirectory: String?
    /// Open connections in all, idle ones included.
    package var maximumConnections = 256
    /// Open connections to one host and port.
    package var maximumConnectionsPerHost = 64
    /// Exchanges in progress; further ones wait, while their total timeout runs.
    package var maximumExchanges = 256
    /// Exchanges that wait; one more fails with `HTTPFailure.overloaded`.
    package var maximumWaiting = 4096

    /// Takes proxies (see `ProxySettings`) and certificate authorities from the variables that the curl command reads:
    /// `CURL_CA_BUNDLE`, or else `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        proxies = ProxySettings(environment: environment)
        if let bundle = value("CURL_CA_BUNDLE") {
            certificateFile = bundle
        } else {
            certificateFile = value("SSL_CERT_FILE")
            certificateDirectory = value("SSL_CERT_DIR")
        }
    }
}
