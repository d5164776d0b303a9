/// The offsets of one zone over all time, read from a compiled time zone file (TZif, RFC 8536).
struct TimeZoneRules: Sendable {
    /// A stretch of real time with one offset. Instants are whole seconds since 1970 UTC, offsets seconds ahead of UTC.
    struct Span: Equatable {
        /// The first instant; `Int.min` for the first span.
        var start: Int
        /// The first instant after it; `Int.max` for the last span.
        var end: Int
        var offset: Int
        /// The offset of the span before; its own for the first.
        var offsetBefore: Int
    }

    /// Ascending instants at which the offset may change.
    private let transitions: [Int]
    /// One more than transitions: `offsets[i]` holds before `transitions[i]`, the last one from the last transition on.
    private let offsets: [Int32]
    /// The rule after the last transition, when the offset still changes then.
    private let yearly: YearlyTimeZoneRule?

    /// A zone that never changes.
    init(fixedOffset: Int) {
        transitions = []
        offsets = [Int32(fixedOffset)]
        yearly = nil
    }

    /// Reads a whole file; nil when it is damaged, or counts leap seconds, which POSIX time does not.
    init?(file: [UInt8]) {
        var reader = ByteReader(bytes: file[...])
        guard let first = Header(&reader) else { return nil }
        var header = first
        var wide = false
        if first.version >= UInt8(ascii: "2") {
            // The block that follows has 32-bit instants; a second header and block with 64-bit ones come after it.
            guard reader.skip(first.blockSize(instant: 4)), let second = Header(&reader) else { return nil }
            header = second
            wide = true
        }
        guard header.leapCount == 0, header.typeCount > 0 else { return nil }
        var instants: [Int] = []
        for _ in 0..<header.transitionCount {
            guard let instant = wide ? reader.int64() : reader.int32() else { return nil }
            if let last = instants.last, instant <= last { return nil }
            instants.append(instant)
        }
        guard let kinds = reader.take(header.transitionCount) else { return nil }
        var types: [Int32] = []
        for _ in 0..<header.typeCount {
            guard let offset = reader.int32(), abs(offset) < 26 * 3_600, reader.skip(2) else { return nil }
            types.append(Int32(offset))
        }
        guard kinds.allSatisfy({ Int($0) < types.count }) else { return nil }
        transitions = instants
        offsets = [types[0]] + kinds.map { types[Int($0)] }
        guard wide else {
            yearly = nil
            return
        }
        guard reader.skip(header.characterCount + header.standardCount + header.universalCount) else { return nil }
        let footer = String(decoding: reader.rest, as: UTF8.self).split(separator: "\n").first
        // No footer means that nothing is known of the future; then the last offset continues.
        yearly = footer.flatMap { YearlyTimeZoneRule(posix: $0) }
    }

    /// The span that an instant lies in.
    func span(at instant: Int) -> Span {
        let index = transitionsPassed(by: instant)
        let offset = Int(offsets[index])
        let start = index == 0 ? Int.min : transitions[index - 1]
        let before = Int(offsets[max(index - 1, 0)])
        if index < transitions.count { return Span(start: start, end: transitions[index], offset: offset, offsetBefore: before) }
        var span = Span(start: start, end: .max, offset: offset, offsetBefore: before)
        guard let yearly else { return span }
        for change in yearly.changes(around: instant) where change.instant > start {
            if change.instant > instant {
                span.end = change.instant
                break
            }
            span = Span(start: change.instant, end: .max, offset: change.offset, offsetBefore: span.offset)
        }
        return span
    }

    /// How many transitions are at or before the instant.
    private func transitionsPassed(by instant: Int) -> Int {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension TimeZoneRules {
    /// RFC 8536 section 3.1.
    private struct Header {
        let version: UInt8
        let universalCount, standardCount, leapCount, transitionCount, typeCount, characterCount: Int

        init?(_ reader: inout ByteReader) {
            guard let magic = reader.take(4), magic.elementsEqual("TZif".utf8), let version = reader.take(1)?.first, reader.skip(15) else {
                return nil
            }
            self.version = version
            var counts: [Int] = []
            for _ in 0..<6 {
                guard let count = reader.int32(), (0...1_000_000).contains(count) else { return nil }
                counts.append(count)
            }
            (universalCount, standardCount, leapCount) = (counts[0], counts[1], counts[2])
            (transitionCount, typeCount, characterCount) = (counts[3], counts[4], counts[5])
        }

        func blockSize(instant: Int) -> Int {
            transitionCount * (instant + 1) + typeCount * 6 + characterCount + leapCount * (instant + 4) + standardCount + universalCount
        }
    }

    /// Big-endian integers one after the other.
    private struct ByteReader {
        var bytes: ArraySlice<UInt8>

        var rest: ArraySlice<UInt8> { bytes }

        mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard bytes.count >= count else { return nil }
            defer { bytes = bytes.dropFirst(count) }
            return bytes.prefix(count)
        }

        mutating func skip(_ count: Int) -> Bool { take(count) != nil }

        mutating func int32() -> Int? { take(4).map { Int(Int32(truncatingIfNeeded: $0.reduce(0) { $0 << 8 | Int($1) })) } }

        mutating func int64() -> Int? { take(8).map { $0.reduce(0) { $0 << 8 | Int($1) } } }
    }
}
