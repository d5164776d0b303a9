/// Rewrites JSON in the canonical form of RFC 8785 (JCS): members sorted by their names' UTF-16 code units, no white
/// space, shortest escapes and numbers. Equal values give equal bytes. Of members with the same name the last one
/// counts.
///
/// Integers of any size keep their digits; a double would round the last ones of a long id.
public struct CanonicalJSON {
    private let bytes: [UInt8]
    private var output: [UInt8] = []

    /// The elements of an array, each in canonical form; nil when the bytes are not one well-formed JSON array.
    public static func elements(of bytes: [UInt8]) -> [[UInt8]]? {
        let text = bytes.span
        guard (try? UTF8Span(validating: text)) != nil else { return nil }
        var writer = CanonicalJSON(bytes: bytes)
        var elements: [[UInt8]] = []
        var at = 0
        JSONScanner.skipSpace(text, &at)
        guard at < text.count, text[at] == UInt8(ascii: "[") else { return nil }
        let isArray = JSONScanner.scanItems(until: UInt8(ascii: "]"), text, &at) { at in
            writer.output.removeAll(keepingCapacity: true)
            guard writer.write(text, &at, depth: 1) else { return false }
            elements.append(writer.output)
            return true
        }
        JSONScanner.skipSpace(text, &at)
        return isArray && at == text.count ? elements : nil
    }

    private mutating func write(_ text: Span<UInt8>, _ at: inout Int, depth: Int) -> Bool {
        guard at < text.count, depth < JSONScanner.deepest else { return false }
        let start = at
        switch text[at] {
        case UInt8(ascii: "{"): return writeObject(text, &at, depth: depth)
        case UInt8(ascii: "["): return writeArray(text, &at, depth: depth)
        case UInt8(ascii: "\""):
            guard let hasEscapes = JSONScanner.skipString(text, &at) else { return false }
            guard hasEscapes else {
                output += bytes[start..<at]
                return true
            }
            guard let string = JSONText.string(bytes[start..<at]) else { return false }
            JSONText.quote(string, into: &output)
            return true
        default:
            guard JSONScanner.skipValue(text, &at, depth: depth) else { return false }
            guard let scalar = CanonicalNumber.rewritten(bytes[start..<at]) else { return false }
            output += scalar
            return true
        }
    }

    private mutating func writeArray(_ text: Span<UInt8>, _ at: inout Int, depth: Int) -> Bool {
        output.append(UInt8(ascii: "["))
        let start = output.count
        let isArray = JSONScanner.scanItems(until: UInt8(ascii: "]"), text, &at) { at in
            if output.count > start { output.append(UInt8(ascii: ",")) }
            return write(text, &at, depth: depth + 1)
        }
        output.append(UInt8(ascii: "]"))
        return isArray
    }

    private mutating func writeObject(_ text: Span<UInt8>, _ at: inout Int, depth: Int) -> Bool {
        output.append(UInt8(ascii: "{"))
        let start = output.count
        var members: [(name: ArraySlice<UInt8>, range: Range<Int>)] = []
        let isObject = JSONScanner.scanItems(until: UInt8(ascii: "}"), text, &at) { at in
            guard let key = JSONScanner.skipName(text, &at), let name = JSONText.bytes(bytes[key.range]) else { return false }
            let from = output.count
            if key.hasEscapes { JSONText.quote(String(decoding: name, as: UTF8.self), into: &output) } else { output += bytes[key.range] }
            output.append(UInt8(ascii: ":"))
            guard write(text, &at, depth: depth + 1) else { return false }
            members.append((name, from..<output.count))
            return true
        }
        join(members, from: start)
        output.append(UInt8(ascii: "}"))
        return isObject
    }

    /// Sorts the members, which are written one after the other, and puts commas between them.
    private mutating func join(_ members: [(name: ArraySlice<UInt8>, range: Range<Int>)], from start: Int) {
        guard members.count > 1 else { return }
        let ordered = members.enumerated().sorted { a, b in
            a.element.name == b.element.name ? a.offset < b.offset : Self.precedes(a.element.name, b.element.name)
        }
        var joined: [UInt8] = []
        joined.reserveCapacity(output.count - start + members.count)
        for (index, member) in ordered.enumerated() {
            if index + 1 < ordered.count, ordered[index + 1].element.name == member.element.name { continue }
            if !joined.isEmpty { joined.append(UInt8(ascii: ",")) }
            joined += output[member.element.range]
        }
        output.replaceSubrange(start..., with: joined)
    }

    /// UTF-16 order. It is the order of the UTF-8 bytes if no name has a character above U+D7FF.
    private static func precedes(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Bool {
        if a.allSatisfy({ $0 < 0xEE }), b.allSatisfy({ $0 < 0xEE }) { return a.lexicographicallyPrecedes(b) }
        return String(decoding: a, as: UTF8.self).utf16.lexicographicallyPrecedes(String(decoding: b, as: UTF8.self).utf16)
    }
}
