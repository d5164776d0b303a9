import NIOCore

/// Reads a mail client's input: command lines, and messages up to the line with a single dot (RFC 5321).
struct SMTPReader {
    /// The client sent a line that is too long, after which its input cannot be read any further.
    struct LineTooLong: Error {}

    private static let longestLine = 1024 * 1024
    private var chunks: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var buffer = ByteBuffer()

    init(_ chunks: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator) {
        self.chunks = chunks
    }

    /// The next command without its line end; nil when the client has disconnected.
    mutating func command() async throws -> String? {
        try await line().map { String(buffer: $0) }
    }

    /// A message with its dots unstuffed; nil when the client disconnected before its end.
    ///
    /// - Parameter maximum: bytes; of a longer message only the first are kept, and `isTooLong` says so.
    mutating func message(maximum: Int) async throws -> (text: ByteBuffer, isTooLong: Bool)? {
        var text = ByteBuffer()
        var isTooLong = false
        while var line = try await line() {
            if line.readableBytesView.first == UInt8(ascii: ".") {
                if line.readableBytes == 1 { return (text, isTooLong) }
                line.moveReaderIndex(forwardBy: 1)
            }
            if text.readableBytes + line.readableBytes + 2 > maximum { isTooLong = true }
            guard !isTooLong else { continue }
            text.writeBuffer(&line)
            text.writeStaticString("\r\n")
        }
        return nil
    }

    /// Waits for the next bytes without consuming them.
    mutating func waitForMore() async throws {
        guard buffer.readableBytes == 0 else { return }
        _ = try await fill()
    }

    /// Discards received bytes that were not read: input from before a TLS handshake must not count after it (RFC
    /// 3207).
    mutating func forget() {
        buffer.clear()
    }

    /// A line without its CRLF; a lone LF or CR is part of the line.
    private mutating func line() async throws -> ByteBuffer? {
        var searched = 0
        while true {
            let view = buffer.readableBytesView.dropFirst(searched)
            if let feed = view.firstIndex(of: UInt8(ascii: "\n")) {
                let length = feed - buffer.readerIndex
                guard length > 0, buffer.getInteger(at: feed - 1) == UInt8(ascii: "\r") else {
                    searched = length + 1
                    continue
                }
                let line = buffer.readSlice(length: length - 1)
                buffer.moveReaderIndex(forwardBy: 2)
                return line
            }
            searched = buffer.readableBytes
            guard searched <= Self.longestLine else { throw LineTooLong() }
            guard try await fill() else { return nil }
        }
    }

    private mutating func fill() async throws -> Bool {
        guard var chunk = try await chunks.next() else { return false }
        buffer.discardReadBytes()
        buffer.writeBuffer(&chunk)
        return true
    }
}
