import Foundation
import GuildDomain
import GuildTestSupport
import GuildTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct HTTPRefusalTests {
    let client = HTTPClient.plain()

    @Test(arguments: [
        "", "shop", "/path", "127.0.0.1:80", "http://", "http://a b/", "http://a\r\nb/", "http://a/\0", "http://a/\nb",
        "file:///etc/passwd", "ftp://localhost/", "gopher://localhost/", "dict://localhost/", "javascript:alert(1)",
        "http://127.0.0.1:99999/",
    ])
    func `what is not an http URL is refused`(url: String) async {
        guard case .invalidURL = await client.failure(HTTPRequest(url: url)) else {
            Issue.record("\(url) was not refused")
            return
        }
    }

    @Test func `a refused URL is named without its secrets`() async {
        let failure = await client.failure(HTTPRequest(url: "ftp://me:secret@host/path?key=secret#secret"))
        #expect(failure == .invalidURL("ftp://host/path"))
    }

    @Test(arguments: [
        ("X-A", "b\r\nX-Evil: 1"), ("X-A", "b\nc"), ("X-A", "b\rc"), ("X-A", "b\0c"), ("X-A\r\nX-Evil", "1"),
        ("X A", "1"),
        ("X-A:", "1"), ("", "1"), ("X-Ä", "1"), ("Content-Length", "5"), ("Transfer-Encoding", "chunked"), ("X-A;", ""),
    ])
    func `a header that would change the request is refused`(name: String, value: String) async throws {
        let server = try RawServer { _ in RawServer.respond() }
        let failure = await client.failure(HTTPRequest(url: server.url(), headers: Headers([(name, value)])))
        guard case .invalidRequest = failure else {
            Issue.record("the header was not refused")
            return
        }
        #expect(server.acceptedConnections == 0)
    }

    @Test(arguments: [
        "", "get", "GET / HTTP/1.1\r\nX-Evil: 1\r\n\r\nGET", "GE T", "CONNECT", String(repeating: "A", count: 33),
    ])
    func `a method that is not one is refused`(method: String) async throws {
        let server = try RawServer { _ in RawServer.respond() }
        guard case .invalidRequest = await client.failure(HTTPRequest(method: method, url: server.url())) else {
            Issue.record("the method was not refused")
            return
        }
        #expect(server.acceptedConnections == 0)
    }

    @Test(arguments: ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "0.0.0.0"])
    func `a policy for outside URLs refuses this machine however it is written`(host: String) async throws {
        let server = try RawServer { _ in RawServer.respond() }
        let url = "http://\(host):\(server.port)/"
        guard case .forbiddenAddress = await client.failure(HTTPRequest(url: url, addressPolicy: .publicOnly)) else {
            Issue.record("\(host) was not refused")
            return
        }
        #expect(server.acceptedConnections == 0)
    }

    @Test func `a kept connection does not pass a policy that would refuse its address`() async throws {
        let server = try RawServer { _ in RawServer.respond() }
        // A name, so that only the connection's own address can tell.
        let url = "http://localhost:\(server.port)/"
        #expect(await client.failure(HTTPRequest(url: url)) == nil)
        let failure = await client.failure(HTTPRequest(url: url, addressPolicy: .publicOnly))
        #expect(failure == .forbiddenAddress("127.0.0.1"))
        #expect(server.requests.count == 1)
    }

    @Test func `a policy of one's own decides`() async throws {
        let server = try RawServer { _ in RawServer.respond() }
        let policy = AddressPolicy { $0.isLoopback }
        #expect(await client.failure(HTTPRequest(url: server.url(), addressPolicy: policy)) == nil)
    }

    @Test func `a closed port is a failure to connect`() async throws {
        let server = try RawServer { _ in [] }
        server.stop()
        #expect(
            await client.failure(HTTPRequest(url: server.url()))
                == .connect(host: "127.0.0.1", reason: "Connection refused"))
    }

    @Test func `a name that cannot exist does not resolve`() async {
        #expect(await client.failure(HTTPRequest(url: "http://nowhere.invalid/")) == .resolve(host: "nowhere.invalid"))
    }

    @Test func `a peer without TLS is a TLS failure`() async throws {
        let server = try RawServer(greeting: [.send("HTTP/1.1 400 Bad Request\r\n\r\n")]) { _ in [] }
        let url = server.url().replacing("http:", with: "https:")
        guard case .tls = await client.failure(HTTPRequest(url: url)) else {
            Issue.record("it was not a TLS failure")
            return
        }
    }

    @Test func `a header line without end is named as what it is`() async throws {
        let line = "X-Long: " + String(repeating: "x", count: 200_000)
        let server = try RawServer { _ in [.send("HTTP/1.1 200 OK\r\n\(line)"), .stallForever] }
        let failure = await client.failure(HTTPRequest(method: "POST", url: server.url(), body: Array("hi".utf8)))
        // No `connect`: the request has left, and may be billed.
        #expect(failure == .truncated(host: "127.0.0.1", reason: "a line of its head is longer than 100 KiB"))
    }
}
