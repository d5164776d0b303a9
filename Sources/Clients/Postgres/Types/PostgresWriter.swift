/// Takes the wire form of the parameters of one statement, in one growing buffer.
public struct PostgresWriter: Sendable {
    /// Where a parameter lies in `bytes`.
    struct Parameter: Sendable {
        var type: PostgresType
        /// nil is NULL.
        var start: Int?
        var length: Int
        var isBinary: Bool
    }

    private(set) var bytes: [UInt8] = []
    private(set) var parameters: [Parameter] = []
    private var start: Int?
    private var isBinary = false

    init() {}

    /// Encodes the parameters of a statement, in order.
    init(_ values: [any PostgresEncodable]) throws {
        guard values.count <= 65535 else {
            throw PostgresError.unsendable("\(values.count) parameters; the protocol takes 65,535: send arrays and unnest them")
        }
        parameters.reserveCapacity(values.count)
        for value in values { try append(value) }
        guard bytes.count <= Self.limit else {
            throw PostgresError.unsendable("\(bytes.count) bytes of parameters; the server takes a gigabyte")
        }
    }

    /// What fits into a message of the protocol, less what is around it.
    private static let limit = 0x3fff_0000

    mutating func append(_ value: any PostgresEncodable) throws {
        start = nil
        try value.encode(into: &self)
        let end = bytes.count
        parameters.append(
            Parameter(type: type(of: value).postgresType, start: start, length: end - (start ?? end), isBinary: isBinary))
        // libpq measures text parameters with strlen.
        if start != nil, !isBinary { bytes.append(0) }
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        parameters.removeAll(keepingCapacity: true)
    }

    /// The current parameter is in text form.
    ///
    /// - Throws: `PostgresError.unsendable` for a text with a zero byte, which PostgreSQL cannot hold.
    public mutating func append(text: String) throws {
        start = bytes.count
        isBinary = false
        try append(characters: text)
    }

    /// The current parameter is in binary form: what is appended until the next one.
    public mutating func beginBinary() {
        start = bytes.count
        isBinary = true
    }

    /// Appends the UTF-8 form of a text.
    ///
    /// - Throws: `PostgresError.unsendable` for a text with a zero byte.
    public mutating func append(characters: String) throws {
        var characters = characters
        try characters.withUTF8 { utf8 in
            guard !utf8.contains(0) else { throw PostgresError.unsendable("a text with a zero byte; PostgreSQL cannot hold one") }
            bytes.append(contentsOf: utf8)
        }
    }

    /// Appends bytes as they are.
    public mutating func append(bytes more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// Appends an integer, most significant byte first.
    public mutating func append(integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func overwrite(at position: Int, with value: Int32) {
        withUnsafeBytes(of: value.bigEndian) { source in
            for index in 0..<4 { bytes[position + index] = source[index] }
        }
    }
}
