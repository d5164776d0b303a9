// What the protocol cannot carry is refused before anything is sent: the library would cut lengths to a byte and so spoil the frame.

func validate(name: String) throws {
    try validate("name", name)
}

private func validate(_ what: String, _ string: String) throws {
    guard string.utf8.count > 255 else { return }
    throw AMQPError.unencodable("the \(what) '\(string.prefix(40))…' is longer than 255 bytes")
}

extension AMQPMessage {
    func validate(frameMax: Int) throws {
        try AMQP.validate(name: exchange)
        try AMQP.validate("routing key", routingKey)
        try properties.validate(frameMax: frameMax)
    }
}

extension AMQPProperties {
    fileprivate func validate(frameMax: Int) throws {
        func check(_ name: String, _ value: String?) throws {
            guard let value, value.utf8.count > 255 else { return }
            throw AMQPError.unencodable("\(name) is longer than 255 bytes")
        }
        try check("contentType", contentType)
        try check("contentEncoding", contentEncoding)
        try check("correlationID", correlationID)
        try check("replyTo", replyTo)
        try check("messageID", messageID)
        try check("type", type)
        try check("userID", userID)
        try check("appID", appID)
        if headers.isEmpty { return }
        // The header frame holds the table and at most nine short strings.
        guard try headers.encodedSize() <= frameMax - 9 * 256 - 64 else { throw AMQPError.unencodable("the headers do not fit one frame") }
    }
}

extension AMQPTopology {
    func validate() throws {
        for name in exchanges.map(\.name) + queues.map(\.name) + bindings.flatMap({ [$0.queue, $0.exchange, $0.routingKey] }) {
            try AMQP.validate(name: name)
        }
        for table in exchanges.map(\.arguments) + queues.map(\.arguments) + bindings.map(\.arguments) { _ = try table.encodedSize() }
        if queues.contains(where: { $0.name.isEmpty }) { throw AMQPError.unencodable("a queue without a name") }
    }
}

extension AMQPTable {
    /// Bytes on the wire.
    func encodedSize() throws -> Int {
        try reduce(4) { size, field in
            try validate("field name", field.name)
            return size + 1 + field.name.utf8.count + (try field.value.encodedSize())
        }
    }
}

extension AMQPValue {
    fileprivate func encodedSize() throws -> Int {
        switch self {
        case .bool: 2
        case .int, .double, .timestamp: 9
        case .string(let string): 5 + string.utf8.count
        case .bytes(let bytes): 5 + bytes.count
        case .array(let values): try values.reduce(5) { $0 + (try $1.encodedSize()) }
        case .table(let table): 1 + (try table.encodedSize())
        case .null: 1
        }
    }
}
