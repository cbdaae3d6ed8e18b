/// An invocation that a decision puts into the queue.
package struct NewInvocation: Sendable, Hashable {
    package var id: InvocationID
    package var agent: String
    package var chapter: String?
    package var priority: Priority
    /// A person's options from the command line; `{}` otherwise.
    package var options: JSONValue

    package init(
        id: InvocationID, agent: String, chapter: String?, priority: Priority,
        options: JSONValue = .object(JSONObject())
    ) {
        self.id = id
        self.agent = agent
        self.chapter = chapter
        self.priority = priority
        self.options = options
    }
}
