import CRabbitMQ
import FoundationEssentials

/// Memory for what goes into one encoded frame; everything handed out is valid until `recycle()`.
final class Arena {
    private let pool: UnsafeMutablePointer<amqp_pool_t>

    init() {
        pool = .allocate(capacity: 1)
        pool.initialize(to: amqp_pool_t())
        init_amqp_pool(pool, 4096)
    }

    deinit {
        empty_amqp_pool(pool)
        pool.deallocate()
    }

    func recycle() { recycle_amqp_pool(pool) }

    func bytes(_ string: String) -> amqp_bytes_t {
        var string = string
        return string.withUTF8 { bytes(UnsafeRawBufferPointer($0)) }
    }

    func bytes(_ source: UnsafeRawBufferPointer) -> amqp_bytes_t {
        guard let base = source.baseAddress, !source.isEmpty, let copy = amqp_pool_alloc(pool, source.count) else { return amqp_bytes_t() }
        copy.copyMemory(from: base, byteCount: source.count)
        return amqp_bytes_t(len: source.count, bytes: copy)
    }

    func table(_ table: AMQPTable) -> amqp_table_t {
        guard !table.isEmpty, let raw = amqp_pool_alloc(pool, table.count * MemoryLayout<amqp_table_entry_t>.stride) else { return amqp_table_t() }
        let entries = raw.bindMemory(to: amqp_table_entry_t.self, capacity: table.count)
        for (index, field) in table.enumerated() {
            (entries + index).initialize(to: amqp_table_entry_t(key: bytes(field.name), value: value(field.value)))
        }
        return amqp_table_t(num_entries: Int32(table.count), entries: entries)
    }

    private func array(_ array: [AMQPValue]) -> amqp_array_t {
        guard !array.isEmpty, let raw = amqp_pool_alloc(pool, array.count * MemoryLayout<amqp_field_value_t>.stride) else { return amqp_array_t() }
        let entries = raw.bindMemory(to: amqp_field_value_t.self, capacity: array.count)
        for (index, element) in array.enumerated() { (entries + index).initialize(to: value(element)) }
        return amqp_array_t(num_entries: Int32(array.count), entries: entries)
    }

    private func value(_ value: AMQPValue) -> amqp_field_value_t {
        var field = amqp_field_value_t()
        switch value {
        case .bool(let bool): field.set(AMQP_FIELD_KIND_BOOLEAN) { $0.boolean = bool ? 1 : 0 }
        case .int(let int): field.set(AMQP_FIELD_KIND_I64) { $0.i64 = int }
        case .double(let double): field.set(AMQP_FIELD_KIND_F64) { $0.f64 = double }
        case .string(let string): field.set(AMQP_FIELD_KIND_UTF8) { $0.bytes = bytes(string) }
        case .bytes(let data): field.set(AMQP_FIELD_KIND_BYTES) { $0.bytes = data.withUnsafeBytes { bytes($0) } }
        case .timestamp(let date): field.set(AMQP_FIELD_KIND_TIMESTAMP) { $0.u64 = date.wireSeconds }
        case .array(let elements): field.set(AMQP_FIELD_KIND_ARRAY) { $0.array = array(elements) }
        case .table(let nested): field.set(AMQP_FIELD_KIND_TABLE) { $0.table = table(nested) }
        case .null: field.set(AMQP_FIELD_KIND_VOID) { _ in }
        }
        return field
    }
}

extension amqp_field_value_t {
    fileprivate mutating func set(_ kind: amqp_field_value_kind_t, _ assign: (inout Self.__Unnamed_union_value) -> Void) {
        self.kind = UInt8(kind.rawValue)
        assign(&value)
    }
}

extension Date {
    /// Seconds since 1970, unsigned on the wire; an earlier instant is sent as 1970.
    var wireSeconds: UInt64 { UInt64(exactly: timeIntervalSince1970.rounded(.down)) ?? 0 }
}
