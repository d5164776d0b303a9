import Glibc

/// A thread for blocking calls, which must not be on Swift's.
enum Thread {
    static func run(_ body: @escaping @Sendable () -> Void) {
        final class Start { let body: @Sendable () -> Void; init(_ body: @escaping @Sendable () -> Void) { self.body = body } }
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, Unmanaged.passRetained(Start(body)).toOpaque())
        pthread_detach(thread)
    }
}
