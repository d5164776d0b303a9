public import FoundationEssentials

/// A value in a field table: message headers, arguments of queues, exchanges, bindings and consumers.
///
/// The narrower kinds of the protocol are widened on the way in: every integer becomes `int` (an unsigned one above `Int64.max`, a decimal and a 32-bit
/// float become `double`), a string that is not UTF-8 becomes `bytes`, and what lies deeper than 32 arrays or tables becomes `null`. Kinds and their letters:
/// https://www.rabbitmq.com/amqp-0-9-1-errata.html#section_3
public enum AMQPValue: Sendable, Equatable {
    /// A truth value (`t`).
    case bool(Bool)
    /// A signed integer (`l`).
    case int(Int64)
    /// A floating-point number (`d`).
    case double(Double)
    /// A UTF-8 string (`S`).
    case string(String)
    /// Bytes without a meaning to the broker (`x`).
    case bytes([UInt8])
    /// An instant, in whole seconds (`T`).
    case timestamp(Date)
    /// Values in order (`A`).
    case array([AMQPValue])
    /// A nested table (`F`).
    case table(AMQPTable)
    /// No value (`V`).
    case null
}

extension AMQPValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// A floating-point number.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    public init(arrayLiteral elements: AMQPValue...) { self = .array(elements) }
    /// A nested table.
    public init(dictionaryLiteral elements: (String, AMQPValue)...) { self = .table(AMQPTable(elements)) }
    /// No value.
    public init(nilLiteral: ()) { self = .null }
}

extension AMQPValue {
    /// The string, if this is one.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The integer, if this is one.
    public var int: Int64? { if case .int(let value) = self { value } else { nil } }
    /// The truth value, if this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The elements, if this is an array.
    public var array: [AMQPValue]? { if case .array(let value) = self { value } else { nil } }
    /// The nested table, if this is one.
    public var table: AMQPTable? { if case .table(let value) = self { value } else { nil } }
}
