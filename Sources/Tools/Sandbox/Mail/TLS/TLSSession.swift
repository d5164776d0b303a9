import COpenSSL
import NIOCore

/// One side of a TLS connection over two memory BIOs: encrypted bytes go in and come out, without any I/O.
///
/// The owner of its `SSL`, which is freed with it. Used by one event loop.
struct TLSSession: ~Copyable {
    /// The result of a read.
    enum Reading {
        case bytes(ByteBuffer)
        /// Nothing more until the peer sends more.
        case needsMore
        /// The peer has closed the session (close_notify).
        case ended
    }

    private let ssl: OpaquePointer
    /// From the peer, and to it. The `SSL` owns them.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private(set) var isEstablished = false

    /// The largest plaintext of one TLS record (RFC 8446, section 5.1).
    private static let recordLength = 16_384

    /// Takes over an `SSL` that knows which side it is: `SSL_set_accept_state` or `SSL_set_connect_state` was called.
    init(_ ssl: OpaquePointer) throws(TLSError) {
        guard let incoming = copenssl_memory(), let outgoing = copenssl_memory() else {
            // If one of the two BIOs was created it leaks, but then the process is out of memory.
            SSL_free(ssl)
            throw TLSError(fallback: "out of memory")
        }
        SSL_set_bio(ssl, incoming, outgoing)
        self.ssl = ssl
        self.incoming = incoming
        self.outgoing = outgoing
    }

    deinit { SSL_free(ssl) }

    /// Adds bytes that were received from the peer.
    func receive(_ bytes: ByteBuffer) throws(TLSError) {
        let isTaken = bytes.withUnsafeReadableBytes { bytes in
            bytes.isEmpty || BIO_write(incoming, bytes.baseAddress, Int32(bytes.count)) == Int32(bytes.count)
        }
        guard isTaken else { throw TLSError(fallback: "out of memory") }
    }

    /// Continues the handshake; afterwards `isEstablished` reports whether it is complete.
    mutating func handshake() throws(TLSError) {
        guard !isEstablished else { return }
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            isEstablished = true
        } else if SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ {
            throw TLSError(fallback: "the handshake failed")
        }
    }

    /// Decrypts up to one record of the received bytes.
    func read(_ allocator: ByteBufferAllocator) throws(TLSError) -> Reading {
        ERR_clear_error()
        var buffer = allocator.buffer(capacity: Self.recordLength)
        var count: Int32 = 0
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.recordLength) { space in
            count = SSL_read(ssl, space.baseAddress, Int32(Self.recordLength))
            return max(0, Int(count))
        }
        if count > 0 { return .bytes(buffer) }
        switch SSL_get_error(ssl, count) {
        case SSL_ERROR_WANT_READ: return .needsMore
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: throw TLSError(fallback: "the record cannot be read")
        }
    }

    /// Encrypts bytes; ``takeOutgoing(_:)`` returns the result. Only for an established session.
    func write(_ bytes: ByteBuffer) throws(TLSError) {
        ERR_clear_error()
        let isTaken = bytes.withUnsafeReadableBytes { bytes in
            bytes.isEmpty || SSL_write(ssl, bytes.baseAddress, Int32(bytes.count)) == Int32(bytes.count)
        }
        guard isTaken else { throw TLSError(fallback: "the record cannot be written") }
    }

    /// Sends close_notify to the peer.
    func shutDown() {
        if isEstablished { _ = SSL_shutdown(ssl) }
    }

    /// Bytes for the peer; nil when there are none.
    func takeOutgoing(_ allocator: ByteBufferAllocator) -> ByteBuffer? {
        let count = BIO_ctrl_pending(outgoing)
        guard count > 0 else { return nil }
        var buffer = allocator.buffer(capacity: count)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            max(0, Int(BIO_read(outgoing, space.baseAddress, Int32(count))))
        }
        return buffer
    }
}
