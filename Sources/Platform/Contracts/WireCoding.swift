import FoundationEssentials

/// JSON as it goes over the wire: camelCase members in alphabetical order, RFC 3339 instants, ids as integers.
public enum WireCoding {
    /// The data object of a message.
    public static func encode(_ message: some Message) throws -> [UInt8] { try encodeJSON(message) }

    /// Any value.
    public static func encodeJSON(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(RFC3339.string(from: date))
        }
        return Array(try encoder.encode(value))
    }

    /// Any value; what does not fit is named.
    public static func decodeJSON<T: Decodable>(_ type: T.Type, from json: ArraySlice<UInt8>) throws(ContractViolation) -> T {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = RFC3339.date(from: text) else {
                throw ContractViolation(path(decoder.codingPath), "is \"\(text)\", but must be an RFC 3339 instant as 2026-11-21T09:30:00Z")
            }
            return date
        }
        do {
            return try decoder.decode(type, from: Data(json))
        } catch let error as ContractViolation {
            throw error
        } catch let error as DecodingError {
            throw violation(error)
        } catch {
            throw ContractViolation("data", "does not decode: \(error)")
        }
    }

    private static func violation(_ error: DecodingError) -> ContractViolation {
        switch error {
        case .keyNotFound(let key, let context): ContractViolation(path(context.codingPath + [key]), "is missing")
        case .valueNotFound(_, let context): ContractViolation(path(context.codingPath), "is null, but must have a value")
        case .typeMismatch(let type, let context): ContractViolation(path(context.codingPath), "must be \(name(of: type))")
        case .dataCorrupted(let context):
            ContractViolation(
                path(context.codingPath), context.codingPath.isEmpty ? "is not a JSON object" : "is out of range: \(context.debugDescription)")
        @unknown default: ContractViolation("data", "does not decode: \(error)")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce("data") { path, key in key.intValue.map { "\(path)[\($0)]" } ?? "\(path).\(key.stringValue)" }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is Int.Type: "an integer"
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is Double.Type: "a number"
        case is Date.Type: "an RFC 3339 instant"
        default: "an object"
        }
    }
}
