package import GuildDomain
package import GuildTestSupport

/// A GitHub on loopback with one issue, whose comments are counted.
package enum Hub {
    package static func serving(_ script: @escaping RawServer.Script = Hub.answer) throws -> RawServer {
        try RawServer(script)
    }

    package static let answer: RawServer.Script = { request in
        switch (request.method, request.path) {
        case ("GET", "/repos/acme/shop/issues/42"):
            json(200, ["number": 42, "title": "It broke", "state": "open", "body": "on line 7"])
        case ("POST", "/repos/acme/shop/issues/42/comments"):
            json(201, ["id": 7, "html_url": "https://github.test/acme/shop/issues/42#7"])
        case ("POST", "/repos/acme/shop/issues/42/labels"): json(200, [["name": "bug"]])
        default: json(404, ["message": "Not Found"])
        }
    }

    package static func json(_ status: Int, _ value: JSONValue, headers: Headers = Headers()) -> [RawServer.Step] {
        RawServer.respond(status: status, headers: headers, body: value.bytes())
    }

    package static let issue: JSONValue = ["repository": "acme/shop", "number": 42]
    package static let comment: JSONValue = ["repository": "acme/shop", "number": 42, "body": "Thank you."]
    package static let labels: JSONValue = ["repository": "acme/shop", "number": 42, "labels": ["bug"]]
}
