import NIOEmbedded
import Testing

@testable import GuildHTTP

struct TurnQueueTests {
    @Test func `only one connection has a turn before the loop looks at its sockets again`() {
        let loop = EmbeddedEventLoop()
        let queue = TurnQueue(loop)
        var turns: [String] = []
        queue.wait { turns.append("a") }
        queue.wait { turns.append("b") }
        queue.wait {
            turns.append("c")
            queue.wait { turns.append("d") }
        }
        for count in 1...4 {
            loop.advanceTime(by: TurnQueue.turn)
            #expect(turns == Array(["a", "b", "c", "d"].prefix(count)))
        }
    }
}
