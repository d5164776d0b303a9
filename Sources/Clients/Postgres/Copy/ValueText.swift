import CivilCalendar
import FoundationEssentials

/// The text form of a value that is at hand in binary form, as PostgreSQL reads it.
enum ValueText {
    static func append(_ value: PostgresValue, to text: inout [UInt8]) throws {
        switch value.type {
        case .int8, .int4, .int2: text.append(contentsOf: String(try Int64(value)).utf8)
        case .bool: text.append(try Bool(value) ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        case .float8, .float4: text.append(contentsOf: try number(value).utf8)
        case .text: text.append(contentsOf: value.bytes)
        case .jsonb: text.append(contentsOf: try value.json())
        case .uuid: text.append(contentsOf: try UUID(value).uuidString.utf8)
        case .timestamptz: text.append(contentsOf: instant(try value.integer()).utf8)
        case .interval: text.append(contentsOf: interval(try PostgresInterval(value)).utf8)
        case .bytea: hexadecimal(value.bytes, &text)
        default: try array(value, &text)
        }
    }

    private static func number(_ value: PostgresValue) throws -> String {
        value.type == .float4 ? "\(try Float(value))" : "\(try Double(value))"
    }

    private static func hexadecimal(_ bytes: UnsafeRawBufferPointer, _ text: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        text.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "x")])
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
    }

    /// `{"…",NULL}`, every element quoted: quotes never hurt, and most texts need them.
    private static func array(_ value: PostgresValue, _ text: inout [UInt8]) throws {
        let element = PostgresType(rawValue: try value.integer(at: 8))
        let count = try value.integer(at: 0) as Int32 == 0 ? 0 : Int(try value.integer(at: 12) as Int32)
        var offset = 20
        var field: [UInt8] = []
        text.append(UInt8(ascii: "{"))
        for index in 0..<count {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            let length = Int(try value.integer(at: offset) as Int32)
            offset += 4
            guard length >= 0 else {
                text.append(contentsOf: "NULL".utf8)
                continue
            }
            field.removeAll(keepingCapacity: true)
            let bytes = UnsafeRawBufferPointer(rebasing: value.bytes[offset..<(offset + length)])
            try append(PostgresValue(type: element, bytes: bytes), to: &field)
            text.append(UInt8(ascii: "\""))
            for byte in field {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
                text.append(byte)
            }
            text.append(UInt8(ascii: "\""))
            offset += length
        }
        text.append(UInt8(ascii: "}"))
    }

    private static func interval(_ interval: PostgresInterval) -> String {
        let (seconds, rest) = interval.microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        let time = "\(interval.microseconds < 0 ? "-" : "")\(CivilDate.clock(Int(seconds))).\(rest.padded(to: 6))"
        return "\(interval.months) mons \(interval.days) days \(time)"
    }

    /// ISO 8601 in UTC, years before 1 with `BC`.
    private static func instant(_ microseconds: Int64) -> String {
        if microseconds == .max { return "infinity" }
        if microseconds == .min { return "-infinity" }
        let (days, time) = Int(microseconds).dividedDown(by: 86_400_000_000)
        // From 1970-01-01 to PostgreSQL's 2000-01-01.
        var date = CivilDate(daysSince1970: days + 10_957)
        let isBeforeChrist = date.year <= 0
        if isBeforeChrist { date.year = 1 - date.year }
        let (seconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000)
        return "\(date) \(CivilDate.clock(seconds)).\(rest.padded(to: 6))+00\(isBeforeChrist ? " BC" : "")"
    }
}
