extension String {
    /// This text in a form that a PostgreSQL column, a JSON document and an AMQP header accept: for reasons and error
    /// messages, which quote what another server or a row said.
    ///
    /// A zero byte, which PostgreSQL stores neither in text nor in JSON, becomes `␀`; a text that is too long ends with
    /// `…`.
    /// - Parameter length: The most characters (Unicode scalars) that remain.
    public func storable(atMost length: Int = 2000) -> String {
        // Bytes first: a reason is nearly always short and clean, and is then returned unchanged.
        if utf8.count <= length, !utf8.contains(0) { return self }
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(length) { scalars.append(scalar == "\0" ? "␀" : scalar) }
        if unicodeScalars.dropFirst(length).isEmpty { return String(scalars) }
        return String(scalars.dropLast()) + "…"
    }

    /// The longest prefix of whole characters (Unicode scalars) that has at most `count` bytes of UTF-8.
    func prefix(bytes count: Int) -> String {
        guard utf8.count > count else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: count)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
