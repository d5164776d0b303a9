/// Parses the parts of an RFC 3339 text from left to right. Every function moves the position to the end of what it
/// consumed.
struct RFC3339Parser {
    private let text: ArraySlice<UInt8>
    private var at: Int

    init(_ text: ArraySlice<UInt8>) {
        self.text = text
        at = text.startIndex
    }

    var isAtEnd: Bool { at == text.endIndex }

    /// A number of exactly this many digits.
    mutating func number(_ digits: Int) -> Int? {
        guard text.endIndex - at >= digits else { return nil }
        var value = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// One of two characters.
    mutating func take(_ letter: Unicode.Scalar, or other: Unicode.Scalar? = nil) -> Bool {
        guard at < text.endIndex else { return false }
        let byte = UInt32(text[at])
        guard byte == letter.value || byte == other?.value else { return false }
        at += 1
        return true
    }

    /// The microseconds after a point; 0 without a point, nil for a point without digits.
    mutating func fraction() -> Int? {
        guard take(".") else { return 0 }
        var value = 0
        var unit = 100_000
        guard let first = digit() else { return nil }
        value = first * unit
        while let digit = digit() {
            unit /= 10
            value += digit * unit
        }
        return value
    }

    /// The seconds that the text's clock is ahead of UTC.
    mutating func offset() -> Int? {
        if take("Z", or: "z") { return 0 }
        let isAhead = take("+")
        guard isAhead || take("-"), let hours = number(2), hours < 24, take(":"), let minutes = number(2), minutes < 60 else { return nil }
        let seconds = hours * 3600 + minutes * 60
        return isAhead ? seconds : -seconds
    }

    private mutating func digit() -> Int? {
        guard at < text.endIndex, case let digit = text[at] &- 0x30, digit < 10 else { return nil }
        at += 1
        return Int(digit)
    }
}
