import FoundationEssentials

/// JSON as in messages: camelCase members in the order of their names, RFC 3339 instants, ids as integers.
public enum WireCoding {
    /// Encodes a message's data object.
    /// - Throws: a ``ContractViolation`` when a reader would refuse the message.
    public static func encode<M: Message>(_ message: M) throws(ContractViolation) -> [UInt8] {
        let json: [UInt8]
        do {
            json = try encodeJSON(message)
        } catch {
            throw ContractViolation(path: "data", found: nil as String?, expected: "what JSON can say: \(error)")
        }
        _ = try M.decode(json[...])
        return json
    }

    /// Decodes a message's data object.
    /// - Throws: a ``ContractViolation`` that names the member that breaks its rule.
    public static func decode<M: Message>(_ type: M.Type = M.self, from json: ArraySlice<UInt8>) throws(ContractViolation) -> M {
        try M.decode(json)
    }

    /// Encodes any value in the same style.
    /// - Throws: an `EncodingError`.
    public static func encodeJSON(_ value: some Encodable) throws -> [UInt8] { Array(try encoder.encode(value)) }

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(RFC3339.string(from: date))
        }
        return encoder
    }()

    /// Decodes any value in the same style.
    /// - Throws: a `DecodingError`.
    public static func decodeJSON<Value: Decodable>(_ type: Value.Type = Value.self, from json: ArraySlice<UInt8>) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = RFC3339.date(from: text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is not an RFC 3339 instant")
            }
            return date
        }
        return try decoder.decode(type, from: Data(json))
    }
}
