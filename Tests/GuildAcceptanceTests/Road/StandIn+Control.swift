import GuildDomain
import GuildTestSupport

/// What these tests read of a stand-in and steer in it.
extension StandInProcess {
    func setScript(_ script: JSONValue) async throws {
        let response = try await talk(port) { try $0.request("POST", "/__standin/script", body: script.bytes()) }
        guard response.status == 204 else { throw Failure(.failed, "the script: \(response.text)") }
    }

    /// The requests of vendors' formats so far, in order.
    func requests() async throws -> [JSONValue] { try await control("requests").array ?? [] }

    /// What was changed on GitHub, in order.
    func effects() async throws -> [JSONValue] { try await requests().flatMap { $0["effects"]?.array ?? [] } }

    /// Returns once an answer is held at the gate.
    func waitUntilHeld(at gate: String) async throws {
        while try await (control("gates")[gate]?.integer ?? 0) == 0 { try Task.checkCancellation() }
    }

    func release(_ gate: String) async throws {
        _ = try await talk(port) { try $0.request("POST", "/__standin/release/\(gate)") }
    }

    private func control(_ name: String) async throws -> JSONValue {
        let response = try await talk(port) { try $0.request("GET", "/__standin/\(name)") }
        guard let json = response.json else { throw Failure(.failed, "GuildStandIn: \(response.text)") }
        return json
    }
}
