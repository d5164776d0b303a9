extension String {
    /// The text with every double-quoted piece replaced by `"…"` that `keep` does not want: libpq and the server quote what they choke on,
    /// and that may be a password or a value.
    func withoutQuotations(keep: (Substring) -> Bool) -> String {
        var pieces = split(separator: "\"", omittingEmptySubsequences: false)
        for index in pieces.indices where index % 2 == 1 && !keep(pieces[index]) {
            pieces[index] = "…"
        }
        return pieces.joined(separator: "\"")
    }

    /// The text on one line, as log lines want it.
    var onOneLine: String {
        split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }.joined(separator: " ")
    }
}
