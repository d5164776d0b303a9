/// Reads the terms of one field: `*`, `5`, `MON`, `1-5`, `*/10`, `10-50/20`, `5/15`, and lists of them.
struct CronFieldParser {
    /// The whole expression, for positions in errors.
    let text: String
    let field: CronFieldName

    /// The values of a whole field.
    func field(_ source: Substring) throws(CronSyntaxError) -> CronField {
        var bits: UInt64 = 0
        for term in terms(source) { bits |= try values(term) }
        return CronField(bits: bits)
    }

    /// The members of a list, empty ones included, so that they are refused where they are read.
    func terms(_ source: Substring) -> [Substring] {
        source.split(separator: ",", omittingEmptySubsequences: false)
    }

    /// The values of one term, a bit each; Sunday is always bit 0.
    func values(_ term: Substring) throws(CronSyntaxError) -> UInt64 {
        let parts = term.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let head = parts.first else { throw error(term, "one '/' at most") }
        let range = try range(head, openEnded: parts.count == 2)
        var step = 1
        if parts.count == 2 {
            // A step wider than the field would fire once per cycle and not at the interval it seems to say.
            guard let number = number(parts[1]), (1...field.all.count).contains(number) else {
                throw error(parts[1].isEmpty ? term : parts[1], "a step is a number from 1 to \(field.all.count)")
            }
            step = number
        }
        var bits: UInt64 = 0
        for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
            bits |= 1 << UInt64(field == .dayOfWeek ? value % 7 : value)
        }
        return bits
    }

    /// A number or name within the field.
    func value(_ source: Substring) throws(CronSyntaxError) -> Int {
        if let index = field.names.firstIndex(of: source.uppercased()) { return index + field.written.lowerBound }
        guard let number = number(source), field.written.contains(number) else { throw error(source, expectation) }
        return number
    }

    /// Up to four decimal digits and nothing else.
    func number(_ source: Substring) -> Int? {
        guard (1...4).contains(source.count), source.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(source)
    }

    /// An error about this piece of the text.
    func error(_ piece: Substring, _ reason: String) -> CronSyntaxError {
        let position = text.distance(from: text.startIndex, to: piece.startIndex) + 1
        return CronSyntaxError(text: text, field: field, value: String(piece), position: position, reason: reason)
    }

    private func range(_ source: Substring, openEnded: Bool) throws(CronSyntaxError) -> ClosedRange<Int> {
        if source == "*" { return field.all }
        if source == "?" { throw error(source, "'?' stands alone, and only for day of month or day of week") }
        let ends = source.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2, let first = ends.first else { throw error(source, "one '-' at most") }
        var low = try value(first)
        guard ends.count == 2 else {
            if field == .dayOfWeek, low == 7 { low = 0 }
            return low...(openEnded ? field.all.upperBound : low)
        }
        var high = try value(ends[1])
        // SAT-SUN: as the end of a range Sunday is the 7th day.
        if field == .dayOfWeek, high == 0, low > 0 { high = 7 }
        guard low <= high else { throw error(source, "the range runs backwards; write its two parts as a list") }
        return low...high
    }

    private var expectation: String {
        let numbers = "\(field.written.lowerBound) to \(field.written.upperBound)"
        guard let first = field.names.first, let last = field.names.last else { return "must be a number from \(numbers)" }
        return "must be \(numbers) or \(first) to \(last)"
    }
}
