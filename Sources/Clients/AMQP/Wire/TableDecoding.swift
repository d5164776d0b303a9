import CRabbitMQ
import FoundationEssentials

extension String {
    /// A copy of bytes from the wire; what is not UTF-8 is repaired.
    init(wire bytes: amqp_bytes_t) {
        self.init(decoding: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len), as: UTF8.self)
    }
}

extension AMQPTable {
    init(wire table: amqp_table_t, depth: Int = 0) {
        guard table.num_entries > 0 else {
            self.init()
            return
        }
        self.init(
            fields: UnsafeBufferPointer(start: table.entries, count: Int(table.num_entries)).map { entry in
                (name: String(wire: entry.key), value: AMQPValue(wire: entry.value, depth: depth + 1))
            })
    }
}

extension AMQPValue {
    /// How deep arrays and tables may lie in each other. A publisher can nest thousands into one frame, and whoever takes such a value apart, be
    /// it only to free it, does so by recursion on a thread with a small stack.
    static let deepest = 32

    init(wire field: amqp_field_value_t, depth: Int = 1) {
        let value = field.value
        switch amqp_field_value_kind_t(rawValue: amqp_field_value_kind_t.RawValue(field.kind)) {
        case AMQP_FIELD_KIND_BOOLEAN: self = .bool(value.boolean != 0)
        case AMQP_FIELD_KIND_I8: self = .int(Int64(value.i8))
        case AMQP_FIELD_KIND_U8: self = .int(Int64(value.u8))
        case AMQP_FIELD_KIND_I16: self = .int(Int64(value.i16))
        case AMQP_FIELD_KIND_U16: self = .int(Int64(value.u16))
        case AMQP_FIELD_KIND_I32: self = .int(Int64(value.i32))
        case AMQP_FIELD_KIND_U32: self = .int(Int64(value.u32))
        case AMQP_FIELD_KIND_I64: self = .int(value.i64)
        case AMQP_FIELD_KIND_U64: self = Int64(exactly: value.u64).map(AMQPValue.int) ?? .double(Double(value.u64))
        case AMQP_FIELD_KIND_F32: self = .double(Double(value.f32))
        case AMQP_FIELD_KIND_F64: self = .double(value.f64)
        case AMQP_FIELD_KIND_DECIMAL: self = .double(Self.decimal(value.decimal))
        case AMQP_FIELD_KIND_UTF8: self = Self.text(UnsafeRawBufferPointer(start: value.bytes.bytes, count: value.bytes.len))
        case AMQP_FIELD_KIND_BYTES: self = .bytes([UInt8](UnsafeRawBufferPointer(start: value.bytes.bytes, count: value.bytes.len)))
        case AMQP_FIELD_KIND_TIMESTAMP: self = .timestamp(Date(timeIntervalSince1970: Double(value.u64)))
        case AMQP_FIELD_KIND_TABLE where depth <= Self.deepest: self = .table(AMQPTable(wire: value.table, depth: depth))
        case AMQP_FIELD_KIND_ARRAY where depth <= Self.deepest:
            self = .array(
                UnsafeBufferPointer(start: value.array.entries, count: Int(value.array.num_entries)).map { element in
                    AMQPValue(wire: element, depth: depth + 1)
                })
        default: self = .null
        }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> AMQPValue {
        String(validating: bytes, as: UTF8.self).map(AMQPValue.string) ?? .bytes([UInt8](bytes))
    }

    private static func decimal(_ decimal: amqp_decimal_t) -> Double {
        var value = Double(Int32(bitPattern: decimal.value))
        for _ in 0..<decimal.decimals { value /= 10 }
        return value
    }
}
