import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOFoundationEssentialsCompat

/// A request to one of the stubs, with its whole body.
struct OutsideRequest: Sendable {
    let method: HTTPRequest.Method
    /// Path without the query.
    let path: String
    /// Path with its query, as received.
    let target: String
    let query: [Substring: Substring]
    let headers: HTTPFields
    let body: ByteBuffer

    private static let maximumBody = 4 * 1024 * 1024

    /// Reads the body too; throws 413 above 4 MiB.
    init(_ request: Request) async throws {
        method = request.method
        path = request.uri.path
        target = request.uri.string
        query = Dictionary(request.uri.queryParameters.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        headers = request.headers
        do {
            body = request.method == .get ? ByteBuffer() : try await request.body.collect(upTo: Self.maximumBody)
        } catch is NIOTooManyBytesError {
            throw HTTPError(.contentTooLarge, message: "At most \(Self.maximumBody) bytes are read.")
        }
    }

    /// The token of `Authorization: Bearer …`.
    var bearer: String? {
        guard let value = headers[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
        return String(value.dropFirst(7))
    }

    var idempotencyKey: String? {
        headers[.idempotencyKey].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The body as a value; throws `DecodingError`.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(buffer: body))
    }
}
