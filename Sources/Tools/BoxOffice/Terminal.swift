import Glibc

/// What a person reads.
enum Terminal {
    /// A line on standard output, at once.
    static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    /// A line on standard error.
    static func complain(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Rows under a heading, columns as wide as their widest cell; numbers to the right.
    static func table(_ heading: [String], _ rows: [[String]]) {
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
