import Synchronization

/// A text that every request of a run has in it: rendered for the first one, and kept for those that follow.
final class Rendering: Sendable {
    private let made = Mutex<String?>(nil)

    func text<Problem: Error>(_ render: () throws(Problem) -> String) throws(Problem) -> String {
        if let text = made.withLock({ $0 }) { return text }
        let text = try render()
        made.withLock { $0 = text }
        return text
    }
}
