import CRabbitMQ
import Glibc

/// Starts a thread of its own for a connection; it ends with `body`. Its stack is small: 256 KB.
func startConnectionThread(_ body: @escaping @Sendable () -> Void) throws {
    final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 256 * 1024)
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
