import GuildCodex
import Testing

struct SecretReferenceTests {
    @Test(arguments: [
        ("env://GITHUB_TOKEN", SecretReference.environment("GITHUB_TOKEN")),
        ("file:///run/secrets/key", .file("/run/secrets/key")),
        ("vault://secret/team/github#token", .vault(mount: "secret", path: "team/github", field: "token")),
    ])
    func `a reference is read and written the same`(text: String, reference: SecretReference) {
        #expect(SecretReference(text) == reference)
        #expect(reference.description == text)
    }

    @Test(arguments: [
        "", "env://", "env://1A", "env://A B", "env://A-B", "file://relative", "file:///", "vault://secret",
        "vault://secret/path", "vault://secret/path#", "vault:///path#f", "vault://secret/#f",
        "vault://secret/a/../b#f", "ghp_abcdef", "ENV://A", "file:///a\0b",
    ])
    func `anything else is refused`(text: String) { #expect(SecretReference(text) == nil) }
}
