import GuildDomain
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Makes Hummingbird's responses of our replies.
struct ReplyMaker {
    let service: ListenerService

    /// - Parameter place: given back when the response has been written.
    func response(_ reply: Reply, place: Admission.Place? = nil) -> Response {
        // A handler has no say in informational statuses: they would be a second answer.
        let status = (200...599).contains(reply.status) ? reply.status : 500
        var headers = HTTPFields()
        headers.reserveCapacity(reply.headers.fields.count + 2)
        for field in reply.headers.fields where FieldSyntax.isSendable(field) {
            if let name = HTTPField.Name(field.name) { headers.append(HTTPField(name: name, value: field.value)) }
        }
        headers[.date] = service.date.text
        switch reply.body {
        case .bytes(let bytes):
            let body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            return Response(status: .init(code: status), headers: headers, body: body)
        case .stream(let pieces):
            return Response(status: .init(code: status), headers: headers, body: body(pieces, place))
        }
    }

    /// Goes no faster than the client reads.
    private func body(_ pieces: AsyncThrowingStream<[UInt8], any Error>, _ place: Admission.Place?) -> ResponseBody {
        ResponseBody { [service] writer in
            do {
                for try await piece in pieces where !piece.isEmpty { try await writer.write(ByteBuffer(bytes: piece)) }
                try Task.checkCancellation()
                try await writer.finish(nil)
            } catch {
                // The head is out: only a broken connection can still say that the reply is not whole.
                if !(error is CancellationError), !(error is ChannelError) {
                    service.logger.warning("a streamed reply ended early", metadata: ["error": "\(error)"])
                }
                throw error
            }
            withExtendedLifetime(place) {}
        }
    }
}

/// Which fields of a handler go out (RFC 9110, section 5): a value with a line break would forge the next field.
enum FieldSyntax {
    private static let ours: Set<String> = ["content-length", "transfer-encoding", "connection", "date"]
    private static let tokenMarks = Set("!#$%&'*+-.^_`|~".utf8)

    static func isSendable(_ field: Headers.Field) -> Bool {
        !field.name.isEmpty && field.name.utf8.allSatisfy(isTokenByte)
            && field.value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
            && !ours.contains(field.name.lowercased())
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: tokenMarks.contains(byte)
        }
    }
}
