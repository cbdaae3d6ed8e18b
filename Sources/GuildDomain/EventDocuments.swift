/// Events as people hand them in: one CloudEvent, a JSON array of them, or JSON Lines.
package enum EventDocuments {
    /// Events of one document.
    package static let maximumEvents = 1000

    /// - Parameters:
    ///   - bytes: at most `JSONParser`'s own limit.
    ///   - name: its name in messages.
    package static func parse(_ bytes: [UInt8], name: String, now: Timestamp) throws(Failure) -> [Event] {
        let values = try values(bytes, name: name)
        guard !values.isEmpty else {
            throw Failure(.usage, "\(name): contains no event", hint: hint)
        }
        guard values.count <= maximumEvents else {
            throw Failure(
                .usage, "\(name): \(values.count) events, more than \(maximumEvents)",
                hint: "send them in several calls")
        }
        var events: [Event] = []
        for (place, value) in values {
            do throws(InvalidEvent) {
                events.append(try Event(cloudEvent: value, now: now))
            } catch {
                throw Failure(.usage, "\(place): \(error.message)", hint: error.hint)
            }
        }
        return events
    }

    private static let hint = "one CloudEvent in JSON, a JSON array of them, or one on each line"

    private static func values(_ bytes: [UInt8], name: String) throws(Failure) -> [(place: String, JSONValue)] {
        do throws(JSONParser.Problem) {
            switch try JSONParser.parse(bytes) {
            case .array(let elements): return elements.enumerated().map { ("\(name): event \($0 + 1)", $1) }
            case let value: return [(name, value)]
            }
        } catch {
            let lines = lines(of: bytes)
            // A first line that is no JSON either is no sign of lines: the error of the whole is the one to tell.
            guard lines.count > 1, case .object? = try? JSONParser.parse(lines[0].bytes) else {
                throw Failure(.usage, "\(name): \(error.message)", hint: hint)
            }
            return try values(of: lines, name: name)
        }
    }

    private static func values(
        of lines: [(number: Int, bytes: [UInt8])], name: String
    ) throws(Failure) -> [(place: String, JSONValue)] {
        var values: [(place: String, JSONValue)] = []
        for line in lines.prefix(maximumEvents + 1) {
            let place = "\(name):\(line.number)"
            do throws(JSONParser.Problem) {
                values.append((place, try JSONParser.parse(line.bytes)))
            } catch {
                throw Failure(.usage, "\(place): \(error.message)", hint: hint)
            }
        }
        return values
    }

    /// The lines that are not blank, numbered from 1.
    private static func lines(of bytes: [UInt8]) -> [(number: Int, bytes: [UInt8])] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().compactMap {
            index, line in
            line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } ? nil : (index + 1, Array(line))
        }
    }
}
