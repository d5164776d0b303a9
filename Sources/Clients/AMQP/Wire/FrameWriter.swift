import CRabbitMQ
import Glibc

/// Encodes frames and sends them without ever blocking the thread on a plain connection: frames gather in one buffer, so that a system call carries
/// hundreds of them (the library makes one call a frame and waits when the peer is slow). Over TLS, where only the library holds the session, it is
/// the library that encodes and sends.
final class FrameWriter {
    private let handle: BrokerHandle
    private var buffer: UnsafeMutableRawBufferPointer
    /// `buffer[start..<end]` waits to be sent.
    private var start = 0
    private var end = 0
    private(set) var lastSent = ContinuousClock.now

    private static let smallBuffer = 16 * 1024
    private static let firstGuess = 2048
    /// More than this is not gathered before the socket takes some.
    private static let highWater = 64 * 1024

    init(_ handle: BrokerHandle) {
        self.handle = handle
        buffer = .allocate(byteCount: Self.smallBuffer, alignment: 16)
    }

    deinit { buffer.deallocate() }

    var isEmpty: Bool { start == end }
    var hasRoom: Bool { end - start < Self.highWater }
    /// Longest piece of a body that fits a frame.
    var bodyLimit: Int { handle.frameMax - 8 }

    /// Appends a method frame.
    func method<Fields>(_ id: amqp_method_number_t, _ fields: Fields, channel: UInt16) throws {
        var fields = fields
        try withUnsafeMutableBytes(of: &fields) { fields in
            try append(AMQP_FRAME_METHOD, channel) { frame in
                frame.payload.method = amqp_method_t(id: id, decoded: fields.baseAddress)
            } encode: { payload in
                payload.storeBytes(of: id.bigEndian, toByteOffset: 0, as: UInt32.self)
                let length = amqp_encode_method(id, fields.baseAddress, rest(of: payload, from: 4))
                return length < 0 ? length : length + 4
            }
        }
    }

    /// Appends the header frame of a message.
    func header(_ properties: amqp_basic_properties_t, bodySize: Int, channel: UInt16) throws {
        var properties = properties
        try withUnsafeMutableBytes(of: &properties) { properties in
            try append(AMQP_FRAME_HEADER, channel) { frame in
                frame.payload.properties.class_id = UInt16(AMQP_BASIC_CLASS)
                frame.payload.properties.body_size = UInt64(bodySize)
                frame.payload.properties.decoded = properties.baseAddress
            } encode: { payload in
                payload.storeBytes(of: UInt32(AMQP_BASIC_CLASS << 16).bigEndian, toByteOffset: 0, as: UInt32.self)
                payload.storeBytes(of: UInt64(bodySize).bigEndian, toByteOffset: 4, as: UInt64.self)
                let length = amqp_encode_properties(UInt16(AMQP_BASIC_CLASS), properties.baseAddress, rest(of: payload, from: 12))
                return length < 0 ? length : length + 12
            }
        }
    }

    /// Appends a body frame; `piece` has at most `bodyLimit` bytes.
    func body(_ piece: UnsafeRawBufferPointer, channel: UInt16) throws {
        try append(AMQP_FRAME_BODY, channel, size: piece.count) { frame in
            frame.payload.body_fragment = amqp_bytes_t(len: piece.count, bytes: UnsafeMutableRawPointer(mutating: piece.baseAddress))
        } encode: { payload in
            payload.copyMemory(from: piece)
            return Int32(piece.count)
        }
    }

    /// Appends a heartbeat.
    func heartbeat() throws {
        try append(AMQP_FRAME_HEARTBEAT, 0, size: 0, { _ in }, encode: { _ in 0 })
    }

    /// Sends what the socket takes; what stays waits for it to become writable.
    func flush() throws {
        while start < end {
            guard let base = buffer.baseAddress else { return }
            let sent = Glibc.send(handle.descriptor, base + start, end - start, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            if sent >= 0 {
                start += sent
                lastSent = .now
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                throw ConnectionLost(reason: String(cString: strerror(errno)))
            }
        }
        start = 0
        end = 0
        if buffer.count > 4 * Self.highWater { resize(Self.smallBuffer) }
    }

    private func rest(of payload: UnsafeMutableRawBufferPointer, from offset: Int) -> amqp_bytes_t {
        amqp_bytes_t(len: payload.count - offset, bytes: payload.baseAddress.map { $0 + offset })
    }

    /// Appends a frame whose payload is written by `encode`, which returns its length or a negative status. Without a size the payload may
    /// be as long as a frame can be; a small one is tried first. Over TLS the library gets what `describe` sets.
    private func append(
        _ type: Int32, _ channel: UInt16, size: Int? = nil, _ describe: (inout amqp_frame_t) -> Void,
        encode: (UnsafeMutableRawBufferPointer) -> Int32
    ) throws {
        if handle.isTLS {
            var frame = amqp_frame_t()
            frame.frame_type = UInt8(type)
            frame.channel = channel
            describe(&frame)
            return try send(&frame)
        }
        var room = size ?? min(Self.firstGuess, handle.frameMax - 8)
        while true {
            reserve(room + 8)
            let frame = UnsafeMutableRawBufferPointer(rebasing: buffer[end...])
            let length = encode(UnsafeMutableRawBufferPointer(rebasing: frame[7..<7 + room]))
            if length >= 0 {
                frame.storeBytes(of: UInt8(type), toByteOffset: 0, as: UInt8.self)
                frame.storeBytes(of: channel.bigEndian, toByteOffset: 1, as: UInt16.self)
                frame.storeBytes(of: UInt32(length).bigEndian, toByteOffset: 3, as: UInt32.self)
                frame.storeBytes(of: UInt8(AMQP_FRAME_END), toByteOffset: 7 + Int(length), as: UInt8.self)
                end += Int(length) + 8
                return
            }
            guard size == nil, room < handle.frameMax - 8 else {
                throw ConnectionLost(reason: "a frame does not fit frame_max: \(BrokerHandle.describe(length))")
            }
            room = handle.frameMax - 8
        }
    }

    private func reserve(_ count: Int) {
        if buffer.count - end >= count { return }
        resize(max(end - start + count, min(2 * buffer.count, 2 * Self.highWater)))
    }

    private func resize(_ size: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
        buffer.deallocate()
        buffer = larger
        end -= start
        start = 0
    }

    private func send(_ frame: inout amqp_frame_t) throws {
        let status = amqp_send_frame(handle.state, &frame)
        guard status == AMQP_STATUS_OK.rawValue else { throw ConnectionLost(reason: BrokerHandle.describe(status)) }
        lastSent = .now
    }
}
