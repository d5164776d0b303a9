import HTTPTypes
import Hummingbird

/// The response of a route.
public struct WebResponse: Sendable {
    /// The status code.
    public var status: Int
    /// The header fields.
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: String

    /// A response.
    /// - Parameter type: The value of `Content-Type`.
    public init(_ status: Int, type: String = "text/plain; charset=utf-8", headers: [(name: String, value: String)] = [], body: String) {
        self.status = status
        self.headers = [("Content-Type", type)] + headers
        self.body = body
    }

    /// 503: the work could not be done now, and the client should try again after some seconds.
    public static func unavailable(retryAfter seconds: Int = 30) -> WebResponse {
        WebResponse(503, headers: [("Retry-After", "\(seconds)")], body: "not possible right now, try again later\n")
    }

    var hummingbird: Response {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return Response(status: .init(code: status), headers: fields, body: .init(byteBuffer: .init(string: body)))
    }
}
