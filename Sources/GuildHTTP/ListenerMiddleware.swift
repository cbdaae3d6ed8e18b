import GuildDomain
import HTTPTypes
import Hummingbird
import NIOCore

/// Facts about a request besides its head.
struct ListenerContext: RequestContext {
    static let forwardedFor = HTTPField.Name("X-Forwarded-For") ?? .via

    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    let remoteAddress: String?
    let peer: InternetAddress?
    /// Set by `ListenerMiddleware`.
    var target: RequestTarget?
    /// Whether the client sends its body only after an interim answer.
    var expectsContinue = false

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        remoteAddress = source.channel.remoteAddress?.ipAddress
        peer = remoteAddress.flatMap(InternetAddress.init)
    }
}

/// Refuses requests that are not for this listener, and turns errors into answers (RFC 9457).
struct ListenerMiddleware: RouterMiddleware {
    typealias Context = ListenerContext

    /// A refused request's body up to this length is read and dropped, to keep the connection.
    private static let droppedBodyBytes = 64 << 10

    static let invalidTarget = Reply.problem(
        status: 400, detail: "the path or query is not valid")

    let service: ListenerService
    let fallbacks: Fallbacks

    func handle(
        _ request: Hummingbird.Request, context: ListenerContext,
        next: (Hummingbird.Request, ListenerContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.expectsContinue = request.headers[.expect]?.lowercased() == "100-continue"
        do {
            let target = try target(of: request, context)
            context.target = target
            return try await found(request, context, next)
        } catch let refusal as Refusal {
            return await response(refusal, to: request, context)
        } catch let fault as RequestFault {
            return make(service.reply(to: fault))
        } catch let error as HTTPError where error.status == .notFound {
            let reply = Reply.problem(
                status: 404,
                detail: "there is nothing at \(context.target?.path ?? request.uri.path)")
            return await response(Refusal(reply, keepsConnection: true), to: request, context)
        } catch {
            let method = request.method.rawValue
            let path = context.target?.path ?? ""
            return make(
                Problems.reply(
                    to: error, method: method, path: path, refusals: service.refusals, logger: service.logger))
        }
    }

    private func found(
        _ request: Hummingbird.Request, _ context: ListenerContext,
        _ next: (Hummingbird.Request, ListenerContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            guard let fallback = fallbacks.responder(for: request.method, context.target) else { throw error }
            return try await fallback.respond(to: request, context: context)
        }
    }

    private func target(of request: Hummingbird.Request, _ context: ListenerContext) throws(Refusal) -> RequestTarget {
        guard let target = RequestTarget(request.uri.string) else {
            throw Refusal(Self.invalidTarget, keepsConnection: true)
        }
        let local = context.channel.localAddress?.ipAddress.flatMap(InternetAddress.init)
        guard service.callers.hosts.allows(request.head.authority, firstSegment: target.segments.first, local: local)
        else {
            service.refusals.count("another host")
            let reply = Reply.problem(
                status: 421,
                detail: "this server does not answer for that host; its operator can add it with --host")
            throw Refusal(reply, keepsConnection: true)
        }
        return target
    }

    private func response(
        _ refusal: Refusal, to request: Hummingbird.Request, _ context: ListenerContext
    ) async -> Response {
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        if refusal.keepsConnection, !context.expectsContinue, declared <= Self.droppedBodyBytes {
            var dropped = 0
            do {
                for try await piece in request.body where dropped <= Self.droppedBodyBytes {
                    dropped += piece.readableBytes
                    if dropped > Self.droppedBodyBytes { break }
                }
            } catch {
                // It is answered all the same; its connection ends.
            }
        }
        return make(refusal.reply)
    }

    private func make(_ reply: Reply) -> Response { ReplyMaker(service: service).response(reply) }
}
