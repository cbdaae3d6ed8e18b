import CLibCurl
import GuildDomain

/// The exchanges of one client, under way and waiting. It belongs to the client's thread alone.
final class HTTPTransferTable {
    /// The longest sleep; nothing depends on it.
    private static let longestPoll = Duration.seconds(3600)

    private let multi: UnsafeMutableRawPointer
    private let settings: HTTPClientSettings
    private let maximumRunning: Int
    private var running: [HTTPExchangeID: HTTPTransfer] = [:]
    private var runningByConnection: [String: Int] = [:]
    /// In the order of their arrival.
    private var waiting: [HTTPSubmission] = []

    init(multi: UnsafeMutableRawPointer, settings: HTTPClientSettings) {
        self.multi = multi
        self.settings = settings
        maximumRunning = max(1, min(settings.maximumExchanges, settings.maximumConnections))
        // With HTTP/1.1 an exchange is a connection, so this limit on exchanges bounds them; curl bounds the idle ones.
        _ = guild_curl_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, max(1, settings.maximumConnections))
        _ = guild_curl_multi_setopt_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, max(1, settings.maximumConnections))
    }

    func apply(_ commands: [CurlLoop.Command]) {
        for command in commands {
            switch command {
            case .start(let submission):
                enqueue(submission)
            case .resume(let exchange):
                running[exchange]?.resume()
            case .cancel(let exchange):
                end(exchange, .failure(.cancelled))
                waiting.removeAll { $0.exchange == exchange }
            }
        }
    }

    /// Starts, moves and ends exchanges as far as possible.
    ///
    /// - Returns: the longest time until the next call, in milliseconds.
    func advance() -> Int32 {
        var running: Int32 = 0
        repeat {
            startWaiting()
            // Its errors concern the handle itself (memory): each exchange then ends by its own deadline.
            _ = curl_multi_perform(multi, &running)
        } while endFinished() && !waiting.isEmpty
        return endLate(now: .now)
    }

    func endAll(_ failure: HTTPFailure) {
        for exchange in Array(running.keys) { end(exchange, .failure(failure)) }
        for submission in waiting { submission.channel.finish(.failure(failure)) }
        waiting = []
    }

    private func enqueue(_ submission: HTTPSubmission) {
        waiting.append(submission)
        guard waiting.count > settings.maximumWaiting else { return }
        startWaiting()
        guard waiting.count > settings.maximumWaiting, let last = waiting.popLast() else { return }
        last.channel.finish(.failure(.overloaded(limit: settings.maximumWaiting)))
    }

    private func startWaiting() {
        guard !waiting.isEmpty, running.count < maximumRunning else { return }
        waiting.removeAll { submission in
            let key = submission.target.connectionKey
            guard running.count < maximumRunning,
                runningByConnection[key, default: 0] < max(1, settings.maximumConnectionsPerHost)
            else { return false }
            start(submission)
            return true
        }
    }

    private func start(_ submission: HTTPSubmission) {
        guard let transfer = HTTPTransfer(submission, settings: settings) else {
            let reason = "libcurl refused the request's options"
            submission.channel.finish(.failure(.connect(host: submission.target.host, reason: reason)))
            return
        }
        let result = curl_multi_add_handle(multi, transfer.easy)
        guard result == CURLM_OK else {
            let reason = String(cString: curl_multi_strerror(result))
            submission.channel.finish(.failure(.connect(host: submission.target.host, reason: reason)))
            return
        }
        running[submission.exchange] = transfer
        runningByConnection[submission.target.connectionKey, default: 0] += 1
    }

    private func endFinished() -> Bool {
        var endedAny = false
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let code = guild_curl_msg_result(message)
            var pointer: UnsafeMutableRawPointer?
            guard guild_curl_getinfo_ptr(message.pointee.easy_handle, CURLINFO_PRIVATE, &pointer) == CURLE_OK,
                let transfer = HTTPTransfer.at(pointer)
            else { continue }
            end(transfer.submission.exchange, transfer.outcome(code))
            endedAny = true
        }
        return endedAny
    }

    /// Ends exchanges past their deadline, and finds the next deadline.
    private func endLate(now: ContinuousClock.Instant) -> Int32 {
        var next = now + Self.longestPoll
        for (exchange, transfer) in running {
            guard let deadline = transfer.deadlines.next else { continue }
            if deadline.at <= now {
                end(exchange, .failure(.timeout(host: transfer.submission.target.host, phase: deadline.phase)))
            } else {
                next = min(next, deadline.at)
            }
        }
        waiting.removeAll { submission in
            guard let total = submission.request.timeouts.total else { return false }
            let deadline = submission.submittedAt + total
            next = min(next, max(deadline, now))
            guard deadline <= now else { return false }
            submission.channel.finish(.failure(.timeout(host: submission.target.host, phase: "total")))
            return true
        }
        if !waiting.isEmpty, running.count < maximumRunning { startWaiting() }
        // Rounded up, or the loop would spin through the last millisecond.
        return Int32(clamping: ((next - now).microseconds + 999) / 1000)
    }

    /// Removing an unfinished exchange closes its connection.
    private func end(_ exchange: HTTPExchangeID, _ outcome: Result<Void, HTTPFailure>) {
        guard let transfer = running.removeValue(forKey: exchange) else { return }
        let key = transfer.submission.target.connectionKey
        let left = runningByConnection[key, default: 1] - 1
        runningByConnection[key] = left > 0 ? left : nil
        _ = curl_multi_remove_handle(multi, transfer.easy)
        transfer.submission.channel.finish(outcome)
    }
}
