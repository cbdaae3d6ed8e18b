import GuildHTTP
import Testing

struct BearerTokensTests {
    private let tokens = BearerTokens([
        .init(token: "reader", scopes: ["read"]), .init(token: "owner", scopes: ["read", "write"]),
        .init(digest: [1, 2, 3], scopes: ["write"]),
    ])

    @Test func `a known token brings its scopes`() {
        #expect(tokens.scopes(authorization: "Bearer reader") == ["read"])
        #expect(tokens.scopes(authorization: "bearer  owner ") == ["read", "write"])
    }

    @Test(arguments: [nil, "", "Bearer", "Bearer ", "Basic reader", "reader", "Bearer Reader", "Bearer reade"])
    func `anything else brings none`(authorization: String?) {
        #expect(tokens.scopes(authorization: authorization) == nil)
    }

    @Test func `a credential of absurd length is refused`() {
        #expect(tokens.scopes(authorization: "Bearer " + String(repeating: "a", count: 1 << 20)) == nil)
    }

    @Test func `without grants no token is known`() {
        #expect(BearerTokens().scopes(authorization: "Bearer reader") == nil)
    }
}
