import FoundationEssentials
import HTTPTypes
import NIOCore
import NIOFoundationEssentialsCompat

/// The answer of a stub, and its effect.
struct Answer: Sendable {
    enum Effect: Sendable {
        case none
        case done
        /// An earlier request with the same idempotency key had this effect.
        case repeated
    }

    var status: Int
    var headers: HTTPFields = [.contentType: "application/json"]
    var body: ByteBuffer
    var effect = Effect.none

    init(status: Int, body: ByteBuffer, effect: Effect = .none) {
        self.status = status
        self.body = body
        self.effect = effect
    }

    /// An answer with a value as JSON.
    init(status: Int, json: some Encodable, effect: Effect = .none) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.init(status: status, body: ByteBuffer(data: try encoder.encode(json)), effect: effect)
    }

    /// `{"status":false,"message":…}`.
    static func refusal(_ status: Int, _ message: String) throws -> Answer {
        try Answer(status: status, json: JSONValue.object(["status": .bool(false), "message": .string(message)]))
    }
}
