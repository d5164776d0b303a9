import FoundationEssentials
import Migrations

/// A static SQL statement as it stands in Sources, with the role and the schema it runs with.
struct SourceStatement: Sendable, CustomStringConvertible {
    /// Below Sources: `Services/Bookings/LostPayments.swift`.
    let file: String
    let line: Int
    let text: String
    /// Empty for the tools, which run as whoever calls them.
    let role: String
    let schema: String

    var description: String { "Sources/\(file):\(line), as \(role.isEmpty ? "superuser" : role)" }

    /// All of them: every string literal that begins like a statement that has a plan. One that is written tomorrow is found tomorrow.
    static func all() throws -> [SourceStatement] {
        let folder = "\(Executables.root)/Sources"
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }.sorted()
        return try files.flatMap { file in
            literals(in: try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)).filter { hasPlan($0.text) }.flatMap { literal in
                owners(of: file).map { SourceStatement(file: file, line: literal.line, text: literal.text, role: $0.role, schema: $0.schema) }
            }
        }
    }

    /// Who runs the statements of a file: its service, for the platform each service, for the tools nobody in particular.
    private static func owners(of file: String) -> [(role: String, schema: String)] {
        if file.hasPrefix("Platform/") { return Domain.all.map { ($0.service, $0.schema) } }
        guard let domain = Domain.all.first(where: { file.hasPrefix("Services/\($0.folder)/") }) else { return [("", "public")] }
        return [(domain.service, domain.schema)]
    }

    private static func hasPlan(_ text: String) -> Bool {
        ["select ", "insert into ", "update ", "delete from ", "with ", "merge into "].contains { text.hasPrefix($0) }
    }

    /// The string literals of Swift source text, without their indentation.
    static func literals(in source: String) -> [(line: Int, text: String)] {
        var found: [(Int, String)] = []
        var open: (line: Int, lines: [Substring])?
        for (index, line) in source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let trimmed = line.drop { $0 == " " }
            if let begun = open {
                if trimmed.hasPrefix("\"\"\"") {
                    let indentation = line.count - trimmed.count
                    found.append((begun.line, begun.lines.map { $0.dropFirst(indentation) }.joined(separator: "\n").replacing("\\\n", with: "")))
                    open = nil
                } else {
                    open?.lines.append(line)
                }
            } else if !trimmed.hasPrefix("//") {
                if line.hasSuffix("\"\"\"") { open = (index + 1, []) } else { found += quoted(in: line).map { (index + 1, $0) } }
            }
        }
        return found
    }

    /// The literals that begin and end on a line.
    private static func quoted(in line: Substring) -> [String] {
        var found: [String] = []
        var current: String?
        var isEscaped = false
        for character in line {
            if isEscaped {
                current?.append(character)
                isEscaped = false
            } else if character == "\\", current != nil {
                isEscaped = true
            } else if character == "\"" {
                if let text = current { found.append(text) }
                current = current == nil ? "" : nil
            } else {
                current?.append(character)
            }
        }
        return found
    }

    /// A limit that the planner may run again for each row of something else: a subquery behind `in`, or in a join, that locks or limits.
    var passableLimit: String? {
        let words = text.replacing("\n", with: " ").split(separator: " ").joined(separator: " ")
        for opening in words.ranges(of: "(select ") {
            let before = words[..<opening.lowerBound]
            guard let subquery = Self.balanced(words[opening.lowerBound...]) else { continue }
            let own = Self.withoutParentheses(subquery.dropFirst().dropLast())
            let locks = own.contains(" for update") || own.contains(" for no key update")
            if before.hasSuffix(" in "), locks || own.contains(" limit ") { return String(subquery) }
            if before.hasSuffix(" from ") || before.hasSuffix(" join ") || before.hasSuffix(", "), locks { return String(subquery) }
        }
        return nil
    }

    private static func balanced(_ text: Substring) -> Substring? {
        var depth = 0
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            if depth == 0 { return text[...index] }
        }
        return nil
    }

    private static func withoutParentheses(_ text: Substring) -> String {
        var depth = 0
        return String(
            text.filter { character in
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                return depth == 0
            })
    }
}
