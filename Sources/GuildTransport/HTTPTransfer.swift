import CLibCurl
import Foundation
import GuildDomain

/// An exchange as it was handed to the client's thread.
struct HTTPSubmission: Sendable {
    let exchange: HTTPExchangeID
    let request: HTTPRequest
    let target: HTTPTarget
    let channel: HTTPChannel
    let submittedAt: ContinuousClock.Instant
}

/// One exchange in progress: curl's easy handle with the data that its callbacks need. It never leaves the client's
/// thread.
final class HTTPTransfer {
    /// All header lines of the responses to one request; curl bounds only the single line.
    static let largestHeadBytes = 256 << 10
    /// curl's own limit, `CURL_MAX_HTTP_HEADER`.
    private static let largestLine = "100 KiB"

    let submission: HTTPSubmission
    let easy: UnsafeMutableRawPointer
    var deadlines: HTTPDeadlines
    /// Why one of our callbacks ended the exchange; more precise than curl's code.
    var refusal: HTTPFailure?

    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var parser = HTTPHeadParser()
    private var headBytes = 0
    private var isHeadComplete = false
    private var bodyBytes = 0
    private var sentBytes = 0
    private var attempts = 0
    private var setupResult = CURLE_OK

    /// - Returns: nil if memory is short.
    init?(_ submission: HTTPSubmission, settings: HTTPClientSettings) {
        guard let easy = curl_easy_init() else {
            errorText.deallocate()
            return nil
        }
        self.submission = submission
        self.easy = easy
        deadlines = HTTPDeadlines(submission.request.timeouts, submittedAt: submission.submittedAt)
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        configure(settings)
        guard setupResult == CURLE_OK else { return nil }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    /// curl's verdict in our terms.
    func outcome(_ code: CURLcode) -> Result<Void, HTTPFailure> {
        if code == CURLE_OK {
            // curl is content with a connection that closes within the head.
            guard isHeadComplete else {
                return .failure(.truncated(host: host, reason: "the connection closed within the head"))
            }
            return .success(())
        }
        if let refusal, code != CURLE_OPERATION_TIMEDOUT { return .failure(refusal) }
        var systemError = 0
        _ = guild_curl_getinfo_long(easy, CURLINFO_OS_ERRNO, &systemError)
        var text = String(cString: errorText)
        // curl quotes a proxy that it cannot read, and that may hold a password.
        if let proxy = submission.target.proxy, text.contains(proxy) { text = "the proxy setting is not a proxy's URL" }
        let failure = HTTPFailure(code, host: host, text: text, systemError: systemError)
        guard case .connect(_, let reason) = failure, deadlines.stage != .connecting else { return .failure(failure) }
        // The request has left; curl says of a line that it gathers no further that memory is short.
        let cause = code == CURLE_OUT_OF_MEMORY ? "a line of its head is longer than \(Self.largestLine)" : reason
        return .failure(.truncated(host: host, reason: cause))
    }

    // MARK: Reports from curl

    /// One line of a head. Interim responses (1xx) are dropped, and trailers ignored.
    ///
    /// - Returns: false to end the exchange.
    func receiveHeaderLine(_ bytes: UnsafeRawBufferPointer) -> Bool {
        deadlines.received(at: .now)
        headBytes += bytes.count
        guard headBytes <= Self.largestHeadBytes else {
            return refuse(.truncated(host: host, reason: "its head is larger than \(Self.largestHeadBytes) bytes"))
        }
        guard !isHeadComplete else { return true }
        if bytes.allSatisfy({ $0 == 0x0D || $0 == 0x0A }) { return completeHead() }
        if bytes.starts(with: "HTTP/".utf8) {
            // A new head begins: the interim one before it is dropped.
            _ = parser.finish()
        } else {
            parser.push(bytes)
        }
        return true
    }

    /// - Returns: how curl shall continue.
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard bodyBytes + bytes.count <= submission.request.responseLimitBytes else {
            _ = refuse(.bodyTooLarge(limitBytes: submission.request.responseLimitBytes))
            return -1
        }
        guard submission.channel.deliver(bytes) else {
            deadlines.paused()
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        deadlines.received(at: .now)
        bodyBytes += bytes.count
        return bytes.count
    }

    func noteSent(_ bytes: Int) {
        guard bytes != sentBytes else { return }
        sentBytes = bytes
        deadlines.sent(bytes, of: submission.request.body.count, at: .now)
    }

    /// Asked before the request leaves on a new or a kept connection.
    func mayUse(connectionTo address: String) -> Bool {
        guard permits(IPAddress(address)) else { return refuse(.forbiddenAddress(address)) }
        // curl would repeat a request that died on a kept connection on another one; but the peer may have acted on it.
        attempts += 1
        guard attempts == 1 || submission.request.isIdempotent else {
            return refuse(.truncated(host: host, reason: "the connection closed before the response"))
        }
        // Another address of the host may have been refused on the way here.
        refusal = nil
        deadlines.connected(at: .now, bodyBytes: submission.request.body.count)
        return true
    }

    /// Asked before a socket is opened.
    func mayConnect(to address: IPAddress?) -> Bool {
        permits(address) || refuse(.forbiddenAddress(address?.description ?? host))
    }

    func resume() {
        deadlines.resumed(at: .now)
        // It may deliver, and pause again, before it returns; its error shows in the exchange's result.
        _ = curl_easy_pause(easy, CURLPAUSE_CONT)
    }

    private var host: String { submission.target.host }

    /// A proxy's own address is its operator's choice.
    private func permits(_ address: IPAddress?) -> Bool {
        submission.target.proxy != nil || submission.request.addressPolicy.allows(address)
    }

    private func refuse(_ failure: HTTPFailure) -> Bool {
        refusal = failure
        return false
    }

    private func completeHead() -> Bool {
        var status = 0
        _ = guild_curl_getinfo_long(easy, CURLINFO_RESPONSE_CODE, &status)
        guard status >= 200 else { return true }
        isHeadComplete = true
        let head = HTTPHead(status: status, headers: parser.finish())
        let limit = submission.request.responseLimitBytes
        let hasBody = submission.request.method != "HEAD" && status != 204 && status != 304
        if hasBody, let length = head.headers["Content-Length"].flatMap({ Int($0) }), length > limit {
            return refuse(.bodyTooLarge(limitBytes: limit))
        }
        submission.channel.deliver(head)
        return true
    }
}

// MARK: - Options

extension HTTPTransfer {
    private func configure(_ settings: HTTPClientSettings) {
        let request = submission.request
        let target = submission.target
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_URL, target.url)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        // One exchange holds one connection: pausing it then stops TCP itself, and cannot starve another exchange.
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        // Interim responses of a tunnel are not the peer's.
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // The empty string turns the environment off; guild reads it itself.
        set(CURLOPT_PROXY, target.proxy ?? "")
        set(CURLOPT_NOPROXY, "")
        let connectMilliseconds = request.timeouts.connect.microseconds / 1000
        set(CURLOPT_CONNECTTIMEOUT_MS, min(max(1, Int(connectMilliseconds)), Int(Int32.max)))
        // Or ending an exchange would hold the thread until the resolver has answered, however slow it is; that
        // resolver's own thread cleans up after itself.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_USERAGENT, String(settings.userAgent.unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7F }))
        setMethodAndBody(request)
        setAuthorities(settings)
        for line in request.headerLines {
            guard let list = curl_slist_append(headerList, line) else {
                setupResult = CURLE_OUT_OF_MEMORY
                return
            }
            headerList = list
        }
        note(guild_curl_setopt_list(easy, CURLOPT_HTTPHEADER, headerList))
        note(guild_curl_setopt_ptr(easy, CURLOPT_ERRORBUFFER, errorText))
        setCallbacks()
    }

    private func setMethodAndBody(_ request: HTTPRequest) {
        if request.method == "HEAD" {
            set(CURLOPT_NOBODY, 1)
            return
        }
        if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method) {
            set(CURLOPT_POST, 1)
            note(guild_curl_setopt_off(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
            if request.body.isEmpty {
                set(CURLOPT_COPYPOSTFIELDS, "")
            } else {
                request.body.withUnsafeBytes { bytes in
                    let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                    note(guild_curl_setopt_ptr(easy, CURLOPT_COPYPOSTFIELDS, start))
                }
            }
        }
        set(CURLOPT_CUSTOMREQUEST, request.method)
    }

    private func setAuthorities(_ settings: HTTPClientSettings) {
        if let file = settings.certificateFile { set(CURLOPT_CAINFO, file) }
        if let directory = settings.certificateDirectory {
            set(CURLOPT_CAPATH, directory)
        } else if settings.certificateFile != nil || guild_curl_default_ca_file() != nil {
            // curl keeps the parsed authorities between connections only if there is no folder.
            note(guild_curl_setopt_str(easy, CURLOPT_CAPATH, nil))
        }
    }

    private func setCallbacks() {
        // curl calls back only within calls on the client's thread, and only until the handle, which this object owns
        // and frees, is gone.
        let me = Unmanaged.passUnretained(self).toOpaque()
        note(guild_curl_setopt_write(easy, CURLOPT_HEADERFUNCTION, CurlCallback.header))
        note(guild_curl_setopt_write(easy, CURLOPT_WRITEFUNCTION, CurlCallback.body))
        note(guild_curl_setopt_socket(easy, CURLOPT_OPENSOCKETFUNCTION, CurlCallback.openSocket))
        note(guild_curl_setopt_prereq(easy, CurlCallback.beforeRequest))
        for option in [
            CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA, CURLOPT_XFERINFODATA,
            CURLOPT_PRIVATE,
        ] {
            note(guild_curl_setopt_ptr(easy, option, me))
        }
        guard !submission.request.body.isEmpty else { return }
        note(guild_curl_setopt_progress(easy, CurlCallback.progress))
        set(CURLOPT_NOPROGRESS, 0)
    }

    private func set(_ option: CURLoption, _ value: Int) { note(guild_curl_setopt_long(easy, option, value)) }

    private func set(_ option: CURLoption, _ value: String) { note(guild_curl_setopt_str(easy, option, value)) }

    private func note(_ result: CURLcode) { if setupResult == CURLE_OK { setupResult = result } }
}
