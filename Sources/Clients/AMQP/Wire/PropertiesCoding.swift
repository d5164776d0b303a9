import CRabbitMQ
import ClientSupport
import FoundationEssentials

/// Turns properties into the library's and back. Decoding keeps the last content type, which hardly ever changes.
struct PropertiesDecoder {
    private var contentType = StringCache()
    private var type = StringCache()

    mutating func decode(_ wire: amqp_basic_properties_t) -> AMQPProperties {
        var properties = AMQPProperties()
        let flags = Int32(bitPattern: wire._flags)
        if flags & AMQP_BASIC_CONTENT_TYPE_FLAG != 0 { properties.contentType = contentType.string(wire.content_type) }
        if flags & AMQP_BASIC_CONTENT_ENCODING_FLAG != 0 { properties.contentEncoding = String(wire: wire.content_encoding) }
        if flags & AMQP_BASIC_HEADERS_FLAG != 0 { properties.headers = AMQPTable(wire: wire.headers) }
        properties.persistent = flags & AMQP_BASIC_DELIVERY_MODE_FLAG != 0 && wire.delivery_mode == 2
        if flags & AMQP_BASIC_PRIORITY_FLAG != 0 { properties.priority = wire.priority }
        if flags & AMQP_BASIC_CORRELATION_ID_FLAG != 0 { properties.correlationID = String(wire: wire.correlation_id) }
        if flags & AMQP_BASIC_REPLY_TO_FLAG != 0 { properties.replyTo = String(wire: wire.reply_to) }
        if flags & AMQP_BASIC_EXPIRATION_FLAG != 0 { properties.expiration = Int(String(wire: wire.expiration)).map { .milliseconds($0) } }
        if flags & AMQP_BASIC_MESSAGE_ID_FLAG != 0 { properties.messageID = String(wire: wire.message_id) }
        if flags & AMQP_BASIC_TIMESTAMP_FLAG != 0 { properties.timestamp = Date(timeIntervalSince1970: Double(wire.timestamp)) }
        if flags & AMQP_BASIC_TYPE_FLAG != 0 { properties.type = type.string(wire.type) }
        if flags & AMQP_BASIC_USER_ID_FLAG != 0 { properties.userID = String(wire: wire.user_id) }
        if flags & AMQP_BASIC_APP_ID_FLAG != 0 { properties.appID = String(wire: wire.app_id) }
        return properties
    }
}

extension Arena {
    func properties(_ properties: AMQPProperties) -> amqp_basic_properties_t {
        var wire = amqp_basic_properties_t()
        var flags = AMQP_BASIC_DELIVERY_MODE_FLAG
        wire.delivery_mode = properties.persistent ? 2 : 1
        func set(_ string: String?, _ flag: Int32, _ field: inout amqp_bytes_t) {
            guard let string else { return }
            field = bytes(string)
            flags |= flag
        }
        set(properties.contentType, AMQP_BASIC_CONTENT_TYPE_FLAG, &wire.content_type)
        set(properties.contentEncoding, AMQP_BASIC_CONTENT_ENCODING_FLAG, &wire.content_encoding)
        set(properties.correlationID, AMQP_BASIC_CORRELATION_ID_FLAG, &wire.correlation_id)
        set(properties.replyTo, AMQP_BASIC_REPLY_TO_FLAG, &wire.reply_to)
        set(properties.expiration.map { String(max(0, $0.milliseconds)) }, AMQP_BASIC_EXPIRATION_FLAG, &wire.expiration)
        set(properties.messageID, AMQP_BASIC_MESSAGE_ID_FLAG, &wire.message_id)
        set(properties.type, AMQP_BASIC_TYPE_FLAG, &wire.type)
        set(properties.userID, AMQP_BASIC_USER_ID_FLAG, &wire.user_id)
        set(properties.appID, AMQP_BASIC_APP_ID_FLAG, &wire.app_id)
        if !properties.headers.isEmpty {
            wire.headers = table(properties.headers)
            flags |= AMQP_BASIC_HEADERS_FLAG
        }
        if let priority = properties.priority {
            wire.priority = priority
            flags |= AMQP_BASIC_PRIORITY_FLAG
        }
        if let timestamp = properties.timestamp {
            wire.timestamp = timestamp.wireSeconds
            flags |= AMQP_BASIC_TIMESTAMP_FLAG
        }
        wire._flags = amqp_flags_t(bitPattern: flags)
        return wire
    }
}
