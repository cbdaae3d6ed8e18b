import Foundation
import GuildDomain
import GuildTestSupport

/// A running `guild serve` that listens; it ends with this value.
struct ServedCodex: Sendable {
    let child: ChildProcess
    let port: Int

    func get(_ path: String) async throws -> RawClient.Response {
        try await talk(port) { try $0.request("GET", path) }
    }

    func deliver(_ delivery: WebhookDelivery) async throws -> RawClient.Response {
        try await talk(port) {
            try $0.request("POST", delivery.path, headers: delivery.headers, body: delivery.body)
        }
    }

    /// Drains and ends it.
    func stop() async throws -> ChildProcess.Ending {
        child.signal(SIGTERM)
        return try await child.wait()
    }
}

extension TemporaryCodex {
    /// `guild serve` on a free port, once it listens.
    func serve(_ components: String..., overriding: [String: String?] = [:]) async throws -> ServedCodex {
        try await serve(arguments: components, overriding: overriding)
    }

    func serve(arguments: [String], overriding: [String: String?] = [:]) async throws -> ServedCodex {
        let child = try ChildProcess(
            try BuiltProducts.path(of: "guild"), ["serve"] + arguments + ["--listen", "127.0.0.1:0"],
            environment: variables(overriding), directory: repository)
        let line = try await child.errorLine(containing: "address=")
        guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else {
            throw Failure(.failed, "guild serve logged '\(line)'")
        }
        return ServedCodex(child: child, port: port)
    }

    /// `guild serve` of one component that does not listen, once it is ready.
    func serve(alone component: String) async throws -> ChildProcess {
        let child = try start("serve", component)
        _ = try await child.errorLine(containing: "component=\(component)")
        return child
    }
}
