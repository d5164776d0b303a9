import CRabbitMQ
import Glibc

/// The string that was last seen in one place of the protocol: messages of a queue mostly carry the same exchange, key and content type.
struct StringCache {
    private var last = ""

    mutating func string(_ bytes: amqp_bytes_t) -> String {
        if !isLast(bytes) { last = String(wire: bytes) }
        return last
    }

    private mutating func isLast(_ bytes: amqp_bytes_t) -> Bool {
        guard let start = bytes.bytes else { return last.isEmpty }
        return last.withUTF8 { known in known.count == bytes.len && known.baseAddress.map { memcmp($0, start, bytes.len) == 0 } ?? true }
    }
}
