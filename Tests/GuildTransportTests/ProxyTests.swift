import GuildDomain
import GuildTestSupport
import Testing

@testable import GuildTransport

@Suite(.timeLimit(.minutes(10))) struct ProxyTests {
    private func client(_ environment: [String: String]) -> HTTPClient {
        HTTPClient(settings: HTTPClientSettings(environment: environment))
    }

    @Test func `a request goes to the proxy of the environment`() async throws {
        let proxy = try RawServer { _ in RawServer.respond(body: "from the proxy") }
        let response = try await client(["http_proxy": proxy.url()]).send(HTTPRequest(url: "http://far.invalid/a?b"))
        #expect(response.body == Array("from the proxy".utf8))
        #expect(proxy.requests.map(\.target) == ["http://far.invalid/a?b"])
    }

    @Test func `a secure request asks the proxy for a tunnel, without the request's headers`() async throws {
        let proxy = try RawServer { _ in RawServer.respond(status: 403) }
        let request = HTTPRequest(url: "https://far.invalid/", headers: ["Authorization": "Bearer secret"])
        #expect(await client(["HTTPS_PROXY": proxy.url()]).failure(request) != nil)
        #expect(proxy.requests.map(\.method) == ["CONNECT"])
        #expect(proxy.requests.map(\.target) == ["far.invalid:443"])
        #expect(proxy.requests.first?.headers["Authorization"] == nil)
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func `loopback never goes through a proxy`(host: String) async throws {
        let proxy = try RawServer { _ in RawServer.respond(status: 500) }
        let server = try RawServer { _ in RawServer.respond() }
        let client = client(["http_proxy": proxy.url(), "all_proxy": proxy.url()])
        #expect(try await client.send(HTTPRequest(url: "http://\(host):\(server.port)/")).status == 200)
        #expect(proxy.acceptedConnections == 0)
    }

    @Test func `a literal private address is refused before a proxy could reach it`() async throws {
        let proxy = try RawServer { _ in RawServer.respond() }
        let request = HTTPRequest(url: "http://10.0.0.1/", addressPolicy: .publicOnly)
        #expect(await client(["http_proxy": proxy.url()]).failure(request) == .forbiddenAddress("10.0.0.1"))
        #expect(proxy.acceptedConnections == 0)
    }

    @Test func `a proxy setting that is no URL is reported without its password`() async {
        let failure = await client(["http_proxy": "what://me:secret@:x"]).failure(
            HTTPRequest(url: "http://far.invalid/"))
        guard case .connect = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(failure?.message.contains("secret") == false)
    }

    @Test func `the variables are read by curl's rules`() {
        let upper = ProxySettings(environment: ["HTTP_PROXY": "p:1", "HTTPS_PROXY": "p:2", "NO_PROXY": "a, b c"])
        #expect(upper == ProxySettings(http: nil, https: "p:2", exceptions: ["a", "b", "c"]))
        let both = ProxySettings(environment: ["https_proxy": "p:1", "HTTPS_PROXY": "p:2", "ALL_PROXY": "p:3"])
        #expect(both == ProxySettings(http: "p:3", https: "p:1"))
        #expect(ProxySettings(environment: ["http_proxy": "", "no_proxy": ""]) == ProxySettings())
    }

    @Test(arguments: [
        ("example.com", true), ("api.example.com", true), ("EXAMPLE.com.", true), ("badexample.com", false),
        ("dotted.org", true), ("10.1.2.3", true), ("10.2.0.1", false), ("192.0.2.7", true), ("192.0.2.8", false),
        ("[fd00::1]", true), ("[fe80::1]", false), ("other.net", false),
    ])
    func `an exception covers a name with all below it, an address or a network`(host: String, isDirect: Bool) {
        let exceptions = ["example.com", ".dotted.org", "10.1.0.0/16", "192.0.2.7", "fd00::/8", "10.2.0.0/99", "/", ""]
        let proxies = ProxySettings(http: "p:1", https: "p:2", exceptions: exceptions)
        #expect((proxies.proxy(isSecure: false, host: host) == nil) == isDirect)
    }

    @Test func `a star excepts everything`() {
        #expect(ProxySettings(http: "p:1", exceptions: ["*"]).proxy(isSecure: false, host: "a.b") == nil)
    }

    @Test func `authorities come from the variables that the curl command reads`() {
        let files = ["SSL_CERT_FILE": "/file", "SSL_CERT_DIR": "/folder"]
        let settings = HTTPClientSettings(environment: files)
        #expect(settings.certificateFile == "/file")
        #expect(settings.certificateDirectory == "/folder")
        let bundled = HTTPClientSettings(environment: files.merging(["CURL_CA_BUNDLE": "/bundle"]) { $1 })
        #expect(bundled.certificateFile == "/bundle")
        #expect(bundled.certificateDirectory == nil)
    }
}
