import NIOCore

/// TLS on the network side, plain bytes for the rest of the pipeline. Bytes written before the end of the handshake
/// wait for it.
///
/// A failure is fired as a ``TLSError`` after the alert to the peer, and closes the channel.
final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var session: TLSSession
    private var waiting: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
    private var hasEnded = false

    init(_ session: consuming TLSSession) { self.session = session }

    func handlerAdded(context: ChannelHandlerContext) { advance(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasEnded else { return }
        do throws(TLSError) {
            try session.receive(unwrapInboundIn(data))
        } catch {
            return fail(context, error)
        }
        advance(context)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasEnded else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        waiting.append((unwrapOutboundIn(data), promise))
    }

    func flush(context: ChannelHandlerContext) { advance(context) }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode != .input, !hasEnded {
            end(ChannelError.ioOnClosedChannel)
            session.shutDown()
            send(context, nil)
        }
        context.close(mode: mode, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    /// Does what the received bytes allow: handshake, then reading, then writing.
    private func advance(_ context: ChannelHandlerContext) {
        guard !hasEnded else { return }
        do throws(TLSError) {
            try session.handshake()
            send(context, nil)
            guard session.isEstablished else { return }
            try read(context)
            try writeWaiting(context)
        } catch {
            fail(context, error)
        }
    }

    private func read(_ context: ChannelHandlerContext) throws(TLSError) {
        // A handler that is given the bytes may close the channel.
        while !hasEnded {
            switch try session.read(context.channel.allocator) {
            case .bytes(let bytes): context.fireChannelRead(wrapInboundOut(bytes))
            case .needsMore: return
            case .ended: return close(context: context, mode: .all, promise: nil)
            }
        }
    }

    private func writeWaiting(_ context: ChannelHandlerContext) throws(TLSError) {
        while !hasEnded, !waiting.isEmpty {
            let next = waiting.removeFirst()
            do throws(TLSError) {
                try session.write(next.bytes)
            } catch {
                next.promise?.fail(error)
                throw error
            }
            send(context, next.promise)
        }
    }

    /// Sends the session's outgoing bytes to the peer.
    private func send(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard let bytes = session.takeOutgoing(context.channel.allocator) else {
            promise?.succeed()
            return
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
    }

    private func fail(_ context: ChannelHandlerContext, _ error: TLSError) {
        end(error)
        send(context, nil)
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    private func end(_ error: any Error) {
        hasEnded = true
        let writes = waiting
        waiting = []
        for write in writes { write.promise?.fail(error) }
    }
}
