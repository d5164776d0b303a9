/// A number as ECMAScript writes it (RFC 8785, section 3.2.2.3).
enum CanonicalNumber {
    /// The canonical form of a JSON number; true, false and null stay as they are. Nil for a number without a double.
    static func rewritten(_ scalar: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let first = scalar.first, first < UInt8(ascii: "a") else { return scalar }
        let text = String(decoding: scalar, as: UTF8.self)
        if text == "-0" { return [UInt8(ascii: "0")] }
        guard scalar.contains(where: { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }) else { return scalar }
        guard let number = Double(text), number.isFinite else { return nil }
        return Array(Self.text(number).utf8)[...]
    }

    /// The shortest digits that parse to the same number, with an exponent only outside of 1e-7 … 1e21.
    static func text(_ number: Double) -> String {
        guard number != 0 else { return "0" }
        let sign = number < 0 ? "-" : ""
        let (digits, point) = parts("\(number.magnitude)")
        switch point {
        case digits.count...21 where digits.count <= point: return sign + digits + String(repeating: "0", count: point - digits.count)
        case 1...21: return sign + digits.prefix(point) + "." + digits.dropFirst(point)
        case -5...0: return sign + "0." + String(repeating: "0", count: -point) + digits
        default:
            let exponent = point - 1
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            return sign + digits.prefix(1) + fraction + "e" + (exponent < 0 ? "-" : "+") + String(exponent.magnitude)
        }
    }

    /// The significant digits and the position of the point: 12.5 is ("125", 2), 0.05 is ("5", -1).
    private static func parts(_ text: String) -> (digits: String, point: Int) {
        let halves = text.split(separator: "e")
        let mantissa = halves[0].split(separator: ".", omittingEmptySubsequences: false)
        let exponent = halves.count > 1 ? Int(halves[1]) ?? 0 : 0
        let whole = String(mantissa[0])
        var digits = whole + (mantissa.count > 1 ? String(mantissa[1]) : "")
        var point = whole.count + exponent
        while digits.hasSuffix("0") { digits.removeLast() }
        while digits.hasPrefix("0") {
            digits.removeFirst()
            point -= 1
        }
        return (digits, point)
    }
}
