/// Scans JSON values (RFC 8259) that are already known to be UTF-8. Each function begins at `at` and moves it to the
/// end of what it consumed.
enum JSONScanner {
    /// How deep arrays and objects may be nested; as deep as `JSONDecoder` allows.
    static let deepest = 512

    /// Skips a value of any kind.
    static func skipValue(_ text: Span<UInt8>, _ at: inout Int, depth: Int) -> Bool {
        guard at < text.count else { return false }
        switch text[at] {
        case UInt8(ascii: "\""): return skipString(text, &at) != nil
        case UInt8(ascii: "{"): return depth < deepest && skipObject(text, &at, depth: depth)
        case UInt8(ascii: "["): return depth < deepest && skipArray(text, &at, depth: depth)
        case UInt8(ascii: "t"): return skipWord("true", text, &at)
        case UInt8(ascii: "f"): return skipWord("false", text, &at)
        case UInt8(ascii: "n"): return skipWord("null", text, &at)
        default: return skipNumber(text, &at)
        }
    }

    private static func skipObject(_ text: Span<UInt8>, _ at: inout Int, depth: Int) -> Bool {
        scanItems(until: UInt8(ascii: "}"), text, &at) { at in skipName(text, &at) != nil && skipValue(text, &at, depth: depth + 1) }
    }

    private static func skipArray(_ text: Span<UInt8>, _ at: inout Int, depth: Int) -> Bool {
        scanItems(until: UInt8(ascii: "]"), text, &at) { at in skipValue(text, &at, depth: depth + 1) }
    }

    /// Scans the items of an array or object, from its opening bracket to the closing one.
    /// - Parameter item: Scans one item, without the space around it.
    @inline(__always)
    static func scanItems(until close: UInt8, _ text: Span<UInt8>, _ at: inout Int, item: (inout Int) -> Bool) -> Bool {
        at += 1
        skipSpace(text, &at)
        if take(close, text, &at) { return true }
        repeat {
            skipSpace(text, &at)
            guard item(&at) else { return false }
            skipSpace(text, &at)
        } while take(UInt8(ascii: ","), text, &at)
        return take(close, text, &at)
    }

    /// Skips the name of a member, its colon and the space after it.
    /// - Returns: where the name is, with its quotes, and whether there are escapes in it; nil when there is none.
    @inline(__always)
    static func skipName(_ text: Span<UInt8>, _ at: inout Int) -> (range: Range<Int>, hasEscapes: Bool)? {
        let start = at
        guard let hasEscapes = skipString(text, &at) else { return nil }
        let name = start..<at
        skipSpace(text, &at)
        guard take(UInt8(ascii: ":"), text, &at) else { return nil }
        skipSpace(text, &at)
        return (name, hasEscapes)
    }

    /// The ranges of the elements of an array that was scanned before, counted from its first byte.
    static func elements(_ text: Span<UInt8>) -> [Range<Int>] {
        var elements: [Range<Int>] = []
        var at = 0
        _ = scanItems(until: UInt8(ascii: "]"), text, &at) { at in
            let start = at
            guard skipValue(text, &at, depth: 1) else { return false }
            elements.append(start..<at)
            return true
        }
        return elements
    }

    /// Skips a string with its quotes.
    /// - Returns: whether there are escapes in it; nil when it is no string.
    static func skipString(_ text: Span<UInt8>, _ at: inout Int) -> Bool? {
        guard take(UInt8(ascii: "\""), text, &at) else { return nil }
        var escapes = false
        while at < text.count {
            let byte = text[at]
            at += 1
            if byte == UInt8(ascii: "\"") { return escapes }
            guard byte >= 0x20 else { return nil }
            if byte == UInt8(ascii: "\\") {
                escapes = true
                guard skipEscape(text, &at) else { return nil }
            }
        }
        return nil
    }

    private static func skipEscape(_ text: Span<UInt8>, _ at: inout Int) -> Bool {
        guard at < text.count else { return false }
        let byte = text[at]
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            guard text.count - at >= 4 else { return false }
            for index in at..<(at + 4) where !isHexDigit(text[index]) { return false }
            at += 4
            return true
        default: return false
        }
    }

    private static func skipNumber(_ text: Span<UInt8>, _ at: inout Int) -> Bool {
        _ = take(UInt8(ascii: "-"), text, &at)
        if !take(UInt8(ascii: "0"), text, &at) {
            guard skipDigits(text, &at) else { return false }
        }
        if take(UInt8(ascii: "."), text, &at) {
            guard skipDigits(text, &at) else { return false }
        }
        if take(UInt8(ascii: "e"), text, &at) || take(UInt8(ascii: "E"), text, &at) {
            if !take(UInt8(ascii: "+"), text, &at) { _ = take(UInt8(ascii: "-"), text, &at) }
            guard skipDigits(text, &at) else { return false }
        }
        return true
    }

    private static func skipDigits(_ text: Span<UInt8>, _ at: inout Int) -> Bool {
        let start = at
        while at < text.count, (0x30...0x39).contains(text[at]) { at += 1 }
        return at > start
    }

    private static func skipWord(_ word: StaticString, _ text: Span<UInt8>, _ at: inout Int) -> Bool {
        guard text.count - at >= word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { letters in
            for letter in letters where !take(letter, text, &at) { return false }
            return true
        }
    }

    /// Space, tab, line feed and carriage return; nothing else is space in JSON.
    @inline(__always)
    static func skipSpace(_ text: Span<UInt8>, _ at: inout Int) {
        while at < text.count {
            let byte = text[at]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            at += 1
        }
    }

    /// Consumes one byte, if it is this one.
    @inline(__always)
    static func take(_ byte: UInt8, _ text: Span<UInt8>, _ at: inout Int) -> Bool {
        guard at < text.count, text[at] == byte else { return false }
        at += 1
        return true
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}
