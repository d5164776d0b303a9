import CivilCalendar
import FoundationEssentials

/// A numeric of any size, kept exactly: as the digits that PostgreSQL prints.
public struct PostgresNumeric: Sendable, Hashable, CustomStringConvertible {
    /// Such as `-12.50`, `NaN` or `Infinity`.
    public let description: String

    /// A number from its digits. The server refuses what is none.
    public init(_ digits: String) {
        description = digits
    }
}

extension PostgresNumeric: PostgresEncodable {
    /// numeric
    public static var postgresType: PostgresType { .numeric }

    /// The digits.
    public func encode(into writer: inout PostgresWriter) throws {
        try writer.append(text: description)
    }
}

extension PostgresNumeric: PostgresDecodable {
    /// From numeric and the integer types.
    public init(_ value: PostgresValue) throws {
        if value.type == .numeric {
            description = try Self.digits(value)
        } else {
            description = String(try Int(value))
        }
    }

    /// The form of `numeric_send`: count of base-10,000 digits, weight of the first, sign, scale, then the digits.
    private static func digits(_ value: PostgresValue) throws -> String {
        let count = Int(try value.integer(at: 0) as Int16)
        let weight = Int(try value.integer(at: 2) as Int16)
        let scale = Int(try value.integer(at: 6) as Int16)
        let sign: UInt16 = try value.integer(at: 4)
        switch sign {
        case 0, 0x4000: break
        case 0xD000: return "Infinity"
        case 0xF000: return "-Infinity"
        default: return "NaN"
        }
        func group(_ index: Int) throws -> Int {
            (0..<count).contains(index) ? Int(try value.integer(at: 8 + 2 * index) as Int16) : 0
        }
        var text = sign == 0x4000 ? "-" : ""
        text += String(weight >= 0 ? try group(0) : 0)
        if weight > 0 {
            for index in 1...weight { text += try group(index).padded(to: 4) }
        }
        guard scale > 0 else { return text }
        var fraction = ""
        var index = weight + 1
        while fraction.utf8.count < scale {
            fraction += try group(index).padded(to: 4)
            index += 1
        }
        return text + "." + fraction.prefix(scale)
    }
}

extension Decimal: PostgresEncodable {
    /// numeric
    public static var postgresType: PostgresType { .numeric }

    /// The digits.
    public func encode(into writer: inout PostgresWriter) throws {
        try writer.append(text: isNaN ? "NaN" : description)
    }
}

extension Decimal: PostgresDecodable {
    /// From numeric and the integer types; a number of more than 38 digits is refused rather than rounded: `PostgresNumeric` holds it.
    public init(_ value: PostgresValue) throws {
        let text = try PostgresNumeric(value).description
        if text == "NaN" {
            self = .nan
            return
        }
        let significant = text.filter { $0.isNumber }.drop { $0 == "0" }
        guard significant.utf8.count <= 38, let number = Decimal(string: text) else {
            throw value.invalid("a numeric that Decimal cannot hold exactly; read it as PostgresNumeric")
        }
        self = number
    }
}
