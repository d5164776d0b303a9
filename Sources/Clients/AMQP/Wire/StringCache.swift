import CRabbitMQ

/// The string that was last seen in one place of the protocol: messages of a queue mostly carry the same exchange, key and content type.
struct StringCache {
    private var last = ""

    mutating func string(_ bytes: amqp_bytes_t) -> String {
        let wire = UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len)
        let same = last.utf8.withContiguousStorageIfAvailable { UnsafeRawBufferPointer($0).elementsEqual(wire) }
        if same != true { last = String(decoding: wire, as: UTF8.self) }
        return last
    }
}
