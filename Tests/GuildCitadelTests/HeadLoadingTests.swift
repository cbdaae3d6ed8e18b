import GuildCodex
import GuildDomain
import GuildOffice
import Testing

@testable import GuildCitadel

@Suite struct HeadLoadingTests {
    private let one = CommitID(String(repeating: "1", count: 40))
    private let two = CommitID(String(repeating: "2", count: 40))

    @Test func `a newer commit cancels the reading of an older one, the same does not`() throws {
        let loading = HeadLoading()
        let (one, two) = (try #require(one), try #require(two))
        loading.supersede(by: one)
        let deadline = loading.begin(one, now: start, limit: .seconds(60))
        loading.supersede(by: one)
        #expect(!deadline.isCancelled)
        loading.supersede(by: two)
        #expect(deadline.isCancelled)
        loading.end()
        let next = loading.begin(nil, now: start, limit: .seconds(60))
        loading.supersede(by: two)
        // What the settings name, whichever it is, is always the newest.
        #expect(!next.isCancelled)
        loading.cancel()
        #expect(next.isCancelled)
    }

    @Test func `a reading of more than a second is told, with its commit and since when`() throws {
        let loading = HeadLoading()
        #expect(loading.json(now: start) == nil)
        _ = loading.begin(one, now: start, limit: .seconds(60))
        #expect(loading.json(now: start + .milliseconds(900)) == nil)
        let told = try #require(loading.json(now: start + .seconds(12)))
        #expect(told["commit"]?.string == one?.hex)
        #expect(told["seconds"]?.integer == 12)
        #expect(told["since"]?.string == start.rfc3339)
        loading.end()
        #expect(loading.json(now: start + .seconds(12)) == nil)
    }
}
