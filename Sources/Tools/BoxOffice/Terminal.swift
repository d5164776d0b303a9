import Glibc

/// What a person reads.
enum Terminal {
    /// A line on standard output, at once. When it cannot be written (a full disk) the process ends with 74 (`EX_IOERR`) and says so: whoever
    /// keeps the output would take a part for all of it.
    static func say(_ line: String) {
        guard !write("\(line)\n", to: STDOUT_FILENO) else { return }
        let reason = String(cString: strerror(errno))
        complain("boxoffice: the output cannot be written: \(reason)")
        Glibc.exit(74)
    }

    /// A line on standard error.
    static func complain(_ line: String) { _ = write("\(line)\n", to: STDERR_FILENO) }

    /// All of a text; false, with `errno`, when that does not work.
    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EAGAIN {
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&poll, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
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
