import Glibc
import Platform

/// Output for people. It contains texts from outside (titles, references, reasons, message bodies), so control
/// characters, which could move the cursor, colour the screen or change the direction of writing, are printed as
/// escapes.
enum Terminal {
    /// A line on standard output, at once.
    static func say(_ line: String) { put(shown(line)) }

    /// Several lines of our own text.
    static func say(lines: [String]) { for line in lines { say(line) } }

    /// JSON on standard output, for programs: as it is.
    static func say(json: String) { put(json) }

    /// A text in which each control and format character, including line ends, is written as `\u{1b}`.
    static func shown(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        return text.unicodeScalars.reduce(into: "") { shown, scalar in
            if isHidden(scalar) {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: true
        default: false
        }
    }

    /// If the output cannot be written (a full disk), the process ends with 74 (`EX_IOERR`) and an error: a reader
    /// would mistake partial output for all of it.
    private static func put(_ text: String) {
        guard !write("\(text)\n", to: STDOUT_FILENO) else { return }
        let reason = String(cString: strerror(errno))
        complain("boxoffice: the output cannot be written: \(reason)")
        _exit(74)
    }

    /// A line on standard error.
    static func complain(_ line: String) { _ = write("\(shown(line))\n", to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) -> Bool { LogWriter.write(Array(text.utf8)[...], to: descriptor) }

    /// Prints rows under a heading, columns as wide as their widest cell; numbers are right-aligned.
    static func table(_ heading: [String], _ rows: [[String]]) {
        let rows = rows.map { $0.map(shown) }
        let widths = heading.indices.map { column in ([heading] + rows).map { $0[column].count }.max() ?? 0 }
        let isNumber = heading.indices.map { column in !rows.isEmpty && rows.allSatisfy { Double($0[column]) != nil || $0[column].isEmpty } }
        func line(_ cells: [String]) -> String {
            let padded = cells.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return isNumber[column] ? space + cell : cell + space
            }
            var text = padded.joined(separator: "  ")
            while text.hasSuffix(" ") { text.removeLast() }
            return text
        }
        say(line(heading))
        for row in rows { say(line(row)) }
    }
}
