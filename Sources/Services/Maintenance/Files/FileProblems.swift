import Glibc
import Platform

/// What could not be looked at or removed: how many, and the first by name.
struct FileProblems: Sendable {
    /// All of them.
    private(set) var count = 0
    /// The first hundred, with the reason.
    private(set) var first: [(path: String, reason: String)] = []
    private static let kept = 100

    mutating func add(path: [UInt8], _ reason: String) {
        count += 1
        if first.count < Self.kept { first.append((path.forPeople, reason)) }
    }

    mutating func add(path: [UInt8], code: Int32) { add(path: path, String(cString: strerror(code))) }

    /// Records them on the run.
    func record(on tx: Transaction) {
        for problem in first { tx.recordFailure(of: problem.path, reason: problem.reason) }
        if count > first.count { tx.recordFailure(of: "\(count - first.count) more", reason: "not looked at or not removed") }
    }

    /// Those of both.
    func adding(_ other: FileProblems) -> FileProblems {
        var both = self
        both.count += other.count
        both.first += other.first.prefix(max(0, Self.kept - first.count))
        return both
    }
}

extension [UInt8] {
    /// A path as text on one line: control characters are written as `\u{a}`, bytes that are not UTF-8 as `�`.
    var forPeople: String {
        String(decoding: self, as: UTF8.self).unicodeScalars.reduce(into: "") { text, scalar in
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            if isControl { text += "\\u{\(String(scalar.value, radix: 16))}" } else { text.unicodeScalars.append(scalar) }
        }
    }
}
