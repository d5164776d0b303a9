/// Rows in the text form of COPY: a line each, tabs between the columns, `\N` for NULL (PostgreSQL manual, COPY, "Text Format").
///
/// The text form, because every column reads it whatever its type is; the binary form would have to match it exactly.
struct CopyBuffer {
    private(set) var bytes: [UInt8] = []
    private var writer = PostgresWriter()
    private var field: [UInt8] = []

    mutating func append(row: [any PostgresEncodable]) throws {
        writer.removeAll()
        for value in row { try writer.append(value) }
        for (index, parameter) in writer.parameters.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "\t")) }
            guard let start = parameter.start else {
                bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "N")])
                continue
            }
            let range = start..<(start + parameter.length)
            if parameter.isBinary {
                field.removeAll(keepingCapacity: true)
                try writer.bytes.withUnsafeBytes { all in
                    try ValueText.append(PostgresValue(type: parameter.type, bytes: UnsafeRawBufferPointer(rebasing: all[range])), to: &field)
                }
                append(escaping: field[...])
            } else {
                append(escaping: writer.bytes[range])
            }
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    /// What has been collected; the buffer begins anew.
    mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private mutating func append(escaping text: ArraySlice<UInt8>) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "\\"), UInt8(ascii: "\t"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"):
                bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case UInt8(ascii: "\r"):
                bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
            default:
                bytes.append(byte)
            }
        }
    }
}
