import Contracts

/// The position of some work in a distributed trace: the `traceparent` of W3C Trace Context (level 1, section 3.2).
public struct TraceContext: Sendable, Hashable {
    /// 32 lower-case hexadecimal digits, not all zero.
    public let traceID: String
    /// 16 lower-case hexadecimal digits, not all zero.
    public let spanID: String
    /// Whether the caller records this trace.
    public let sampled: Bool

    /// The trace of the current task. Message handlers run with it set to the message's trace.
    @TaskLocal public static var current: TraceContext?

    /// A new trace.
    public init() { self.init(traceID: Self.hex(2), spanID: Self.hex(1), sampled: true) }

    private init(traceID: String, spanID: String, sampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.sampled = sampled
    }

    /// Parses a `traceparent` header; nil when it is invalid.
    public init?(traceparent text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].count == 2, !parts[0].elementsEqual("ff".utf8), parts[3].count == 2,
            !parts[0].elementsEqual("00".utf8) || parts.count == 4,
            Self.isID(parts[1], digits: 32), Self.isID(parts[2], digits: 16),
            let flags = UInt8(Substring(parts[3]), radix: 16)
        else { return nil }
        self.init(traceID: String(Substring(parts[1])), spanID: String(Substring(parts[2])), sampled: flags & 1 == 1)
    }

    /// The header's value.
    public var traceparent: String { "00-\(traceID)-\(spanID)-\(sampled ? "01" : "00")" }

    /// The same trace with a new span.
    public func child() -> TraceContext { TraceContext(traceID: traceID, spanID: Self.hex(1), sampled: sampled) }

    private static func isID(_ text: Substring.UTF8View, digits: Int) -> Bool {
        text.count == digits && text.allSatisfy(Hexadecimal.isDigit) && text.contains { $0 != UInt8(ascii: "0") }
    }

    private static func hex(_ words: Int) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(16 * words)
        for _ in 0..<words { Hexadecimal.append(max(RandomBits.next(), 1), digits: 16, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }
}
