import NIOCore

/// Counts one connection in a ``ConnectionLimit``, and closes it when it is idle.
final class ConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let limit: ConnectionLimit

    init(_ limit: ConnectionLimit) { self.limit = limit }

    func handlerAdded(context: ChannelHandlerContext) { limit.opened(context.channel) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        limit.used(context.channel)
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            // An answer is limited by its route.
            if !limit.isAnswering(context.channel) { context.close(promise: nil) }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
