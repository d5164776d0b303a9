import CRabbitMQ
import Glibc

/// Starts a thread of its own for a connection; it ends with `body`. Its stack takes memory only as far as it is used.
///
/// The library decodes tables by recursion and without a limit, and a level of nesting takes five bytes of a frame and about 115 of the stack. So
/// the stack has room for a frame that is nothing but levels.
func startConnectionThread(frameMax: Int, _ body: @escaping @Sendable () -> Void) throws {
    final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 256 * 1024 + 32 * frameMax)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let context = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let status = pthread_create(
        &thread, &attributes,
        { context in
            guard let context else { return nil }
            crabbit_name_thread("amqp")
            Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, context.toOpaque())
    guard status == 0 else {
        context.release()
        throw AMQPError.connectionLost(reason: "no thread: \(String(cString: strerror(status)))")
    }
}
