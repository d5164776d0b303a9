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
        let magnitude = interval.microseconds.magnitude
        let sign = interval.microseconds < 0 ? "-" : ""
        let (seconds, rest) = magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        let time = "\(seconds / 3600):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(rest, 6))"
        return "\(interval.months) mons \(interval.days) days \(sign)\(time)"
    }

    /// ISO 8601 in UTC, years before 1 with `BC`.
    private static func instant(_ microseconds: Int64) -> String {
        if microseconds == .max { return "infinity" }
        if microseconds == .min { return "-infinity" }
        let perDay: Int64 = 86_400_000_000
        let days = microseconds >= 0 ? microseconds / perDay : (microseconds - perDay + 1) / perDay
        let time = UInt64(microseconds - days * perDay)
        let (year, month, day) = civil(daysSince2000: days)
        let (seconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000)
        let date = "\(padded(UInt64(year > 0 ? year : 1 - year), 4))-\(padded(UInt64(month), 2))-\(padded(UInt64(day), 2))"
        let clock = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(rest, 6))"
        return "\(date) \(clock)+00\(year > 0 ? "" : " BC")"
    }

    /// The day of the proleptic Gregorian calendar, counted in eras of 400 years that begin on 1 March
    /// (Howard Hinnant, "chrono-compatible low-level date algorithms").
    private static func civil(daysSince2000: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = daysSince2000 + 730_425
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * dayOfYear + 2) / 153
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * fromMarch + 2) / 5 + 1)
    }

    private static func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
