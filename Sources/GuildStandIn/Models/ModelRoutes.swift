import GuildDomain
import GuildHTTP

extension StandIn {
    func modelRoute(_ path: String, _ wire: some ModelWire) -> Route {
        Route(
            .post, path, access: .open, summary: "A model's answer (\(wire.name))", bodyLimitBytes: Self.bodyLimitBytes
        ) { [self] request in
            do {
                let call = try wire.call(request)
                try log.record(wire.name, request)
                return try await answer(call, wire)
            } catch let refusal as WireRefusal {
                try log.record(wire.name, request)
                return wire.refusal(refusal, serial: nextSerial())
            }
        }
    }

    var countTokensRoute: Route {
        Route(
            .post, "/v1/messages/count_tokens", access: .open, summary: "Counts a request's tokens",
            bodyLimitBytes: Self.bodyLimitBytes
        ) { [self] request in
            let wire = AnthropicWire()
            try log.record(wire.name, request)
            do {
                let call = try AnthropicRequest(request, isCount: true).call
                return .json(["input_tokens": .integer(call.inputTokens)], headers: wire.headers(serial: nextSerial()))
            } catch let refusal as WireRefusal {
                return wire.refusal(refusal, serial: nextSerial())
            }
        }
    }

    private func answer(_ call: ModelCall, _ wire: some ModelWire) async throws -> Reply {
        let step = script.step(for: call)
        if let delay = step?.delay, !isInstant { try await Task.sleep(for: delay) }
        if let gate = step?.gate, !call.streams || step?.afterEvents == nil { try await gates.pass(gate) }
        if case .http(let status, let retryAfter) = step?.fault {
            var reply = wire.refusal(WireRefusal(status: status, message: "scripted"), serial: nextSerial())
            if let retryAfter { reply.headers["retry-after"] = String(retryAfter) }
            return reply
        }
        let reply = ModelReply(
            step?.answer ?? DefaultScript.answer(call), to: call, created: SystemTime().now.seconds,
            nextSerial: nextSerial)
        var headers = wire.headers(serial: reply.serial)
        guard call.streams else {
            headers["content-type"] = "application/json"
            let delivery = Delivery(pieces: [wire.whole(reply).bytes()], step: step, gates: gates)
            return try await delivery.whole(headers: headers)
        }
        headers["content-type"] = "text/event-stream; charset=utf-8"
        headers["cache-control"] = "no-cache"
        let delivery = Delivery(pieces: wire.events(reply), step: step, gates: gates)
        return delivery.stream(headers: headers, inOnePiece: isInstant)
    }
}
