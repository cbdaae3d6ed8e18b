import GuildDomain

/// A running `GuildStandIn`, on a free port; it ends with this value.
package struct StandInProcess: Sendable {
    package let child: ChildProcess
    package let port: Int

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    package var baseURL: String { "http://127.0.0.1:\(port)" }

    /// Starts it and waits until it listens.
    ///
    /// - Parameter arguments: such as `["--script", path, "--log", path]`.
    package static func start(_ arguments: [String] = []) async throws -> StandInProcess {
        let child = try ChildProcess(try BuiltProducts.path(of: "GuildStandIn"), arguments)
        let line = try await child.line(startingWith: "listening ")
        guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else {
            throw Failure(.failed, "GuildStandIn printed '\(line)'")
        }
        return StandInProcess(child: child, port: port)
    }
}
