import GuildConnectors
import GuildDomain
import Testing

struct GitHubSignatureTests {
    private let secret = Secret("It's a Secret to Everybody")
    private let body = Array("Hello, World!".utf8)
    private let documented = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    @Test func `the documented signature is valid`() {
        #expect(GitHubSignature.isValid(documented, body: body, secrets: [secret]))
        #expect(GitHubSignature.sign(body, secret: secret) == documented)
    }

    @Test func `hexadecimal digits may be capital`() {
        let digits = documented.dropFirst("sha256=".count).uppercased()
        #expect(GitHubSignature.isValid("sha256=\(digits)", body: body, secrets: [secret]))
    }

    @Test func `any of several secrets may match`() {
        #expect(GitHubSignature.isValid(documented, body: body, secrets: [Secret("old"), secret]))
        #expect(GitHubSignature.isValid(documented, body: body, secrets: [secret, Secret("new")]))
        #expect(!GitHubSignature.isValid(documented, body: body, secrets: [Secret("old"), Secret("new")]))
    }

    @Test func `nothing is valid without a secret`() {
        #expect(!GitHubSignature.isValid(documented, body: body, secrets: []))
        let signedWithNothing = GitHubSignature.sign(body, secret: Secret(""))
        #expect(!GitHubSignature.isValid(signedWithNothing, body: body, secrets: [Secret("")]))
    }

    @Test(arguments: [
        "", "sha256=", "sha256", "sha1=757107ea0eb2509fc211221cce984b8a37570b6d",
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e170",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043eZZ",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e18",
        "sha256=\u{FF17}57107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e",
        " sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    ])
    func `a malformed or wrong signature is not valid`(signature: String) {
        #expect(!GitHubSignature.isValid(signature, body: body, secrets: [secret]))
    }

    @Test func `a missing signature is not valid`() {
        #expect(!GitHubSignature.isValid(nil, body: body, secrets: [secret]))
    }

    @Test func `no changed byte of the body goes unnoticed`() {
        for index in body.indices {
            var changed = body
            changed[index] ^= 1
            #expect(!GitHubSignature.isValid(documented, body: changed, secrets: [secret]))
        }
        #expect(!GitHubSignature.isValid(documented, body: Array(body.dropLast()), secrets: [secret]))
        #expect(!GitHubSignature.isValid(documented, body: [], secrets: [secret]))
    }

    @Test(.enabled(if: Samples.isPresent, Samples.comment))
    func `every documented vector is judged as documented`() {
        #expect(!Samples.gitHubVectors.isEmpty)
        for vector in Samples.gitHubVectors {
            let verdict = GitHubSignature.isValid(
                vector.headers[GitHubSignature.header], body: vector.body, secrets: [Secret(vector.secret)])
            #expect(verdict == vector.isValid, "\(vector.name)")
        }
    }

    @Test(.enabled(if: Samples.isPresent, Samples.comment))
    func `every recorded delivery is signed by its secret and by no other`() {
        #expect(Samples.gitHubDeliveries.count == 11)
        for delivery in Samples.gitHubDeliveries {
            let signature = delivery.headers[GitHubSignature.header]
            #expect(
                GitHubSignature.isValid(signature, body: delivery.body, secrets: [Secret(delivery.secret)]),
                "\(delivery.id)")
            #expect(!GitHubSignature.isValid(signature, body: delivery.body, secrets: [Secret("x")]), "\(delivery.id)")
        }
    }
}
