import GuildDomain
import GuildHTTP
import HTTPTypes
import Hummingbird
import Logging
import ServiceLifecycle

/// Routes behind Hummingbird's own connection handler and router: what `HTTPListener` is compared with.
///
/// It collects the body up to the route's limit and has none of the other limits, so that it is no slower than a
/// listener with them would be.
struct HummingbirdGateway: Service {
    let routes: [GuildHTTP.Route]
    let logger: Logger
    let onReady: @Sendable (Int) async -> Void

    func run() async throws {
        let router = Router()
        for route in routes {
            router.on(RouterPath(route.path), method: .init(rawValue: route.method.rawValue) ?? .get) {
                request, context in
                await Self.answer(request, parameters: context.parameters, route: route)
            }
        }
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0), backlog: 1024),
            onServerRunning: { [onReady] channel in await onReady(channel.localAddress?.port ?? 0) }, logger: logger)
        try await application.run()
    }

    private static func answer(
        _ request: Hummingbird.Request, parameters: Parameters, route: GuildHTTP.Route
    ) async -> Response {
        var own = GuildHTTP.Request(
            method: request.method.rawValue, path: request.uri.path,
            parameters: Dictionary(parameters.map { (String($0.key), String($0.value)) }) { $1 },
            query: request.uri.queryParameters.map { (String($0.key), String($0.value)) },
            headers: Headers(request.headers.lazy.map { ($0.name.rawName, $0.value) }))
        do {
            if let refusal = route.refuse?(own) { return response(refusal) }
            own.body = Array(buffer: try await request.body.collect(upTo: route.bodyLimitBytes))
            return response(try await route.handle(own))
        } catch {
            return Response(status: .internalServerError)
        }
    }

    private static func response(_ reply: Reply) -> Response {
        var headers = HTTPFields()
        for field in reply.headers.fields {
            if let name = HTTPField.Name(field.name) { headers.append(HTTPField(name: name, value: field.value)) }
        }
        let bytes: [UInt8] = if case .bytes(let bytes) = reply.body { bytes } else { [] }
        return Response(
            status: .init(code: reply.status), headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
