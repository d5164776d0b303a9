import FoundationEssentials

/// A JSON document: a jsonb parameter, or a json or jsonb value of a result.
public struct PostgresJSON: Sendable {
    private let document: Result<[UInt8], any Error>

    /// A document from a value, encoded at once: instants as RFC 3339 with milliseconds. A failure shows when the statement is sent.
    public init(_ value: any Encodable) {
        document = Result { Array(try Self.encoder().encode(value)) }
    }

    /// A document that is JSON already, in UTF-8.
    public init(bytes: [UInt8]) {
        document = .success(bytes)
    }

    /// The document's text in UTF-8; empty if it could not be encoded.
    public var bytes: [UInt8] {
        (try? document.get()) ?? []
    }

    /// The document as a value; instants are RFC 3339, with or without a fraction.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws -> T {
        try Self.decoder().decode(type, from: Data(try document.get()))
    }
}

extension PostgresJSON {
    static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        }
        return encoder
    }

    static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            for style in [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()] {
                if let date = try? style.parse(text) { return date }
            }
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 instant")
        }
        return decoder
    }
}

extension PostgresJSON: PostgresScalar {
    /// jsonb
    public static var postgresType: PostgresType { .jsonb }

    /// The version of the form, then the text.
    public func encodeBinary(into writer: inout PostgresWriter) throws {
        do {
            let bytes = try document.get()
            writer.append(integer: UInt8(1))
            writer.append(bytes: bytes)
        } catch {
            throw PostgresError.unsendable("a value that has no JSON form: \(type(of: error))")
        }
    }
}

extension PostgresJSON: PostgresDecodable {
    /// From json and jsonb.
    public init(_ value: PostgresValue) throws {
        self.init(bytes: Array(try value.json()))
    }
}
