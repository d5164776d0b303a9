/// Integers as JSON Schema defines them: a number without a fraction, in any notation.
enum JSONInteger {
    /// The value of a JSON number; nil when it is something else, has a fraction or does not fit.
    static func read(_ number: ArraySlice<UInt8>) -> Int? {
        guard let first = number.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        var value = 0
        for byte in isNegative ? number.dropFirst() : number {
            guard (0x30...0x39).contains(byte) else { return readDecimal(number) }
            guard let next = append(byte, to: value, isNegative) else { return nil }
            value = next
        }
        return value
    }

    private static func append(_ digit: UInt8, to value: Int, _ isNegative: Bool) -> Int? {
        let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
        let digit = Int(digit - 0x30)
        let (sum, overflowsToo) = isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
        return overflows || overflowsToo ? nil : sum
    }

    /// `12.50e1`: the digits and where the point goes. Exact: an id never passes through a floating-point number.
    private static func readDecimal(_ number: ArraySlice<UInt8>) -> Int? {
        let isNegative = number.first == UInt8(ascii: "-")
        let parts = number.drop { $0 == UInt8(ascii: "-") }.split(maxSplits: 1) { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }
        guard let mantissa = parts.first else { return nil }
        let halves = mantissa.split(separator: UInt8(ascii: "."), maxSplits: 1)
        var digits = halves.joined().drop { $0 == 0x30 }.map { $0 }
        guard !digits.isEmpty else { return 0 }
        // An exponent that does not fit into Int makes a number that does not fit either.
        guard let exponent = parts.count == 2 ? Int(String(decoding: parts[1], as: UTF8.self)) : 0 else { return nil }
        let (shift, overflows) = exponent.subtractingReportingOverflow(halves.count == 2 ? halves[1].count : 0)
        var zeros = overflows ? Int.min : shift
        while zeros < 0, digits.last == 0x30 {
            digits.removeLast()
            zeros += 1
        }
        guard zeros >= 0, digits.count + min(zeros, 20) <= 19 else { return nil }
        digits += Array(repeating: 0x30, count: zeros)
        var value = 0
        for digit in digits {
            guard let next = append(digit, to: value, isNegative) else { return nil }
            value = next
        }
        return value
    }
}
