import FoundationEssentials

/// The data object of a message, read member by member; each read states the rule that the schema in Contracts/messages
/// states.
public struct MessageData: Sendable {
    private let spans: JSONObjectScanner
    private let path: String

    /// The object in the bytes.
    /// - Throws: a ``ContractViolation`` when they are not one JSON object.
    public init(_ json: ArraySlice<UInt8>) throws(ContractViolation) { try self.init(json, path: "data") }

    private init(_ json: ArraySlice<UInt8>, path: String) throws(ContractViolation) {
        guard let spans = JSONObjectScanner(json) else {
            throw ContractViolation(path: path, found: json.isEmpty ? nil : json, expected: "a JSON object")
        }
        self.spans = spans
        self.path = path
    }

    /// An integer in a range.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(ContractViolation) -> Int {
        guard let value = spans.integer(name), range.contains(value) else { throw violation(name, Self.describe(range)) }
        return value
    }

    /// The id of a row: an integer of at least 1 that a `bigint` holds.
    public func id(_ name: String) throws(ContractViolation) -> Int { try integer(name, in: 1...Int.max) }

    /// An amount of money in minor units.
    public func amount(_ name: String, atLeast least: Int = 0) throws(ContractViolation) -> Int { try integer(name, in: least...Int.max) }

    /// An ISO 4217 code: three capital letters.
    /// - Parameter ignoringCase: Whether small letters are accepted; the result has capital ones.
    public func currency(_ name: String, ignoringCase: Bool = false) throws(ContractViolation) -> String {
        let mask: UInt8 = ignoringCase ? 0xDF : 0xFF
        guard let text = spans.string(name), text.utf8.count == 3, text.utf8.allSatisfy({ (0x41...0x5A).contains($0 & mask) }) else {
            throw violation(name, "an ISO 4217 code: three capital letters\(ignoringCase ? ", or small ones" : "")")
        }
        return ignoringCase ? text.uppercased() : text
    }

    /// A text with a number of Unicode scalars in the range. NUL is refused, because PostgreSQL's `text` cannot store
    /// it.
    public func text(_ name: String, length: ClosedRange<Int>) throws(ContractViolation) -> String {
        guard let text = spans.string(name), Self.fits(text, length) else {
            throw violation(name, "a text of \(length.lowerBound) to \(length.upperBound) characters without NUL")
        }
        return text
    }

    /// An identifier of another system: 1 to 200 characters.
    public func reference(_ name: String) throws(ContractViolation) -> String { try text(name, length: 1...200) }

    /// A reason for people to read: up to 2,000 characters.
    public func reason(_ name: String) throws(ContractViolation) -> String { try text(name, length: 0...2000) }

    /// An RFC 3339 instant.
    public func instant(_ name: String) throws(ContractViolation) -> Date {
        guard let bytes = spans.stringBytes(name), let date = RFC3339.date(from: bytes) else {
            throw violation(name, "an RFC 3339 instant like 2027-03-14T01:59:26Z")
        }
        return date
    }

    /// True or false.
    public func boolean(_ name: String) throws(ContractViolation) -> Bool {
        guard let value = spans.boolean(name) else { throw violation(name, "true or false") }
        return value
    }

    /// One of the cases.
    public func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String) throws(ContractViolation) -> Choice {
        guard let choice = spans.string(name).flatMap(Choice.init(rawValue:)) else {
            throw violation(name, "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// A job's name, `service.job`: lower-case words joined by hyphens; known here or not.
    public func job(_ name: String) throws(ContractViolation) -> JobName {
        guard let text = spans.string(name), JobName.isWellFormed(text) else { throw violation(name, "a job name like tickets-cache.refresh") }
        return JobName(rawValue: text)
    }

    /// An object of texts; neither names nor texts hold a NUL.
    public func texts(_ name: String) throws(ContractViolation) -> [String: String] {
        var texts: [String: String] = [:]
        guard let members = try object(name).spans.byKey else { throw violation(name, "an object of texts") }
        for (key, member) in members {
            guard let text = member.string, !key.utf8.contains(0), !text.utf8.contains(0) else {
                throw ContractViolation(path: "\(path).\(name).\(key)", found: member.value, expected: "a text without NUL")
            }
            texts[key] = text
        }
        return texts
    }

    /// An object.
    public func object(_ name: String) throws(ContractViolation) -> MessageData {
        guard let value = spans.value(name), value.first == UInt8(ascii: "{") else { throw violation(name, "a JSON object") }
        return try MessageData(value, path: "\(path).\(name)")
    }

    /// An array of objects, with a number of elements in the range.
    public func objects(_ name: String, count: ClosedRange<Int>) throws(ContractViolation) -> [MessageData] {
        guard let elements = spans.elements(name), count.contains(elements.count) else {
            throw violation(name, "an array of \(count.lowerBound) to \(count.upperBound) JSON objects")
        }
        var objects: [MessageData] = []
        objects.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() { objects.append(try MessageData(element, path: "\(path).\(name)[\(index)]")) }
        return objects
    }

    /// Whether the member is there and not null.
    public func has(_ name: String) -> Bool {
        guard let value = spans.value(name) else { return false }
        return value.first != UInt8(ascii: "n")
    }

    private func violation(_ name: String, _ expected: String) -> ContractViolation {
        ContractViolation(path: "\(path).\(name)", found: spans.value(name), expected: expected)
    }

    private static func describe(_ range: ClosedRange<Int>) -> String {
        range.upperBound == Int.max ? "an integer of at least \(range.lowerBound)" : "an integer from \(range.lowerBound) to \(range.upperBound)"
    }

    private static func fits(_ text: String, _ length: ClosedRange<Int>) -> Bool {
        // Most texts are short and ASCII; a scalar has at most four bytes.
        let bytes = text.utf8.count
        guard bytes >= length.lowerBound, !text.utf8.contains(0) else { return false }
        if bytes <= length.upperBound, length.lowerBound <= 1 { return true }
        return bytes <= length.upperBound * 4 && length.contains(text.unicodeScalars.count)
    }
}
