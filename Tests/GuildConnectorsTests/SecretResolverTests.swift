import Foundation
import GuildCodex
import GuildConnectors
import GuildDomain
import GuildTestSupport
import GuildTransport
import Logging
import Synchronization
import Testing

struct SecretResolverTests {
    private let redactor = Redactor()

    private func resolver(_ environment: [String: String] = [:], clock: any TimeSource = FixedTime()) -> SecretResolver
    {
        SecretResolver(
            redactor: redactor, trust: EverySecret(), http: HTTPClient(), clock: clock, logger: Logger(label: "test"),
            environment: { environment[$0] })
    }

    private func failure(_ reference: String, _ environment: [String: String] = [:]) async throws -> SecretFailure? {
        let reference = try #require(SecretReference(reference))
        do throws(SecretFailure) {
            _ = try await resolver(environment).resolve(reference, for: SecretUse(.verify))
            return nil
        } catch {
            return error
        }
    }

    private func withFile<Result>(_ bytes: [UInt8], _ body: (String) async throws -> Result) async throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(path: "guild-secret-\(UUID().uuidString)").path
        #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
        defer { unlink(path) }
        return try await body(path)
    }

    @Test func `what is missing here is known without a request`() async throws {
        let resolver = resolver(["HERE": "s3cr3t-value", "BLANK": ""])
        func absence(_ reference: String) throws -> SecretFailure? {
            resolver.localAbsence(of: try #require(SecretReference(reference)))
        }
        #expect(try absence("env://HERE") == nil)
        #expect(try absence("env://GONE")?.cause == .missing("it is not set"))
        #expect(try absence("env://BLANK")?.cause == .empty)
        #expect(try absence("file:///nowhere/key")?.message.contains("/nowhere/key") == true)
        #expect(try absence("vault://secret/models#key")?.hint?.contains("VAULT_ADDR") == true)
        let held = try await withFile(Array("s3cr3t".utf8)) { path in try absence("file://\(path)") }
        #expect(held == nil)
    }

    @Test(arguments: ["v1,whsec_abc", "not a secret!", "whpk_abc", "whsec_c2hvcnQ="])
    func `a secret of a form that the scheme cannot use is said, without the secret`(text: String) async throws {
        let failure = try await withFile(Array(text.utf8)) { path in
            resolver().localAbsence(of: try #require(SecretReference("file://\(path)")), for: StandardWebhooks())
        }
        let message = try #require(failure).message
        #expect(message.contains("it must be the base64 of 24 to 64 bytes"))
        #expect(!message.contains(text))
        let variable = try #require(SecretReference("env://HERE"))
        #expect(resolver(["HERE": text]).localAbsence(of: variable, for: StandardWebhooks())?.message != nil)
        #expect(resolver(["HERE": text]).localAbsence(of: variable, for: GitHubWebhooks()) == nil)
    }

    @Test func `a variable of the environment is a secret, and the redactor knows it`() async throws {
        let reference = try #require(SecretReference("env://GUILD_TOKEN"))
        let secret = try await resolver(["GUILD_TOKEN": "s3cr3t-value"]).resolve(reference, for: SecretUse(.verify))
        #expect(secret.reveal() == "s3cr3t-value")
        #expect(redactor.masked("got s3cr3t-value") == "got ••••")
    }

    @Test func `a missing or empty variable names itself`() async throws {
        let missing = try #require(try await failure("env://NO_SUCH"))
        #expect(missing.kind == .unavailable)
        #expect(missing.message == "secret env://NO_SUCH: it is not set")
        let empty = try #require(try await failure("env://EMPTY", ["EMPTY": ""]))
        #expect(empty.cause == .empty)
        #expect(!empty.isTransient)
    }

    @Test(arguments: [
        ("value", "value"), ("value\n", "value"), ("value\r\n", "value"), ("value\n\n", "value\n"),
        (" a b \n", " a b "),
    ])
    func `one line end at the end of a file or a variable is no part of the secret`(
        content: String, secret: String
    ) async throws {
        try await withFile(Array(content.utf8)) { path in
            let reference = try #require(SecretReference("file://\(path)"))
            let found = try await resolver().resolve(reference, for: SecretUse(.verify))
            #expect(found.reveal() == secret)
        }
        let variable = try #require(SecretReference("env://LINE"))
        let found = try await resolver(["LINE": content]).resolve(variable, for: SecretUse(.verify))
        #expect(found.reveal() == secret)
    }

    @Test func `a file that is missing, empty, too large or no file is refused`() async throws {
        #expect(try await failure("file:///no/such/file")?.message.contains("file:///no/such/file") == true)
        #expect(try await failure("file:///tmp")?.kind == .unavailable)
        #expect(try await failure("file:///dev/zero")?.message.contains("not a regular file") == true)
        let limit = SecretResolver.largestSecretBytes
        let letters = [UInt8](repeating: 0x41, count: limit)
        let contents: [([UInt8], SecretFailure.Cause?)] = [
            ([0x0A], .empty), (letters + [0x41], .tooLarge(limitBytes: limit)), (letters + [0x0A], nil),
        ]
        for (bytes, cause) in contents {
            let found = try await withFile(bytes) { path in try await failure("file://\(path)") }
            #expect(found?.cause == cause)
        }
    }

    @Test func `a pipe does not block`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "guild-pipe-\(UUID().uuidString)").path
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        #expect(try await failure("file://\(path)")?.kind == .unavailable)
    }

    @Test func `a value is remembered for a few seconds only`() async throws {
        let clock = SteppedTime()
        let lookups = Mutex(0)
        let counted = SecretResolver(
            redactor: redactor, trust: EverySecret(), http: nil, clock: clock, logger: Logger(label: "test"),
            environment: { _ in "value-\(lookups.withLock { $0 += 1; return $0 })" })
        let reference = try #require(SecretReference("env://ROTATED"))
        #expect(try await counted.resolve(reference, for: SecretUse(.verify)).reveal() == "value-1")
        #expect(try await counted.resolve(reference, for: SecretUse(.verify)).reveal() == "value-1")
        clock.advance(.seconds(SecretResolver.cacheSeconds))
        #expect(try await counted.resolve(reference, for: SecretUse(.verify)).reveal() == "value-2")
    }

    @Test func `Vault is asked for one field of a secret`() async throws {
        let server = try RawServer { _ in
            RawServer.respond(body: #"{"data":{"data":{"token":"from-vault","n":7},"metadata":{"version":2}}}"#)
        }
        let environment = ["VAULT_ADDR": server.url(""), "VAULT_TOKEN": "vault-token"]
        let reference = try #require(SecretReference("vault://secret/team a/github#token"))
        #expect(try await resolver(environment).resolve(reference, for: SecretUse(.verify)).reveal() == "from-vault")
        let request = try #require(server.requests.first)
        #expect(request.method == "GET")
        #expect(request.target == "/v1/secret/data/team%20a/github")
        #expect(request.headers["X-Vault-Token"] == "vault-token")
        let number = try #require(SecretReference("vault://secret/team a/github#n"))
        #expect(try await resolver(environment).resolve(number, for: SecretUse(.verify)).reveal() == "7")
        let missing = try #require(try await failure("vault://secret/x#other", environment))
        #expect(missing.message == "secret vault://secret/x#other: the secret has no field 'other'")
    }

    @Test(arguments: [
        (403, "{}", false), (404, #"{"errors":[]}"#, false), (503, #"{"errors":["Vault is sealed"]}"#, true),
        (200, "{", true), (200, #"{"data":{"data":{"f":{"a":1}}}}"#, false), (200, #"{"data":null}"#, false),
    ])
    func `Vault's refusals name the reference`(status: Int, body: String, isTransient: Bool) async throws {
        let server = try RawServer { _ in RawServer.respond(status: status, body: body) }
        let environment = ["VAULT_ADDR": server.url(""), "VAULT_TOKEN": "vault-token"]
        let failure = try #require(try await failure("vault://kv/path#f", environment))
        #expect(failure.message.contains("vault://kv/path#f"))
        #expect(failure.isTransient == isTransient)
        #expect(!"\(failure)".contains("vault-token"))
    }

    @Test func `Vault without an address is not configured`() async throws {
        let failure = try #require(try await failure("vault://kv/path#f"))
        #expect(failure.kind == .unavailable)
        #expect(failure.hint?.contains("VAULT_ADDR") == true)
    }
}

/// A clock that a test moves.
private final class SteppedTime: TimeSource {
    private let instant = Mutex(Timestamp(seconds: 1_700_000_000))

    var now: Timestamp { instant.withLock { $0 } }
    func advance(_ duration: Duration) { instant.withLock { $0 = $0 + duration } }
    func sleep(until deadline: Timestamp) async throws {}
}
