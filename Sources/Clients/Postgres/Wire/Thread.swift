import CPostgres
import Glibc

/// Starts a detached thread with a small stack. Nothing here runs on the threads of Swift's pool if it can block.
func startThread(named name: StaticString, stack: Int, _ body: @escaping @Sendable () -> Void) {
    final class Start {
        let name: StaticString
        let body: @Sendable () -> Void
        init(_ name: StaticString, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, stack)
    defer { pthread_attr_destroy(&attributes) }

    let start = Unmanaged.passRetained(Start(name, body))
    var thread = pthread_t()
    let status = pthread_create(
        &thread, &attributes,
        { argument in
            guard let argument else { return nil }
            let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
            start.name.withUTF8Buffer { name in
                name.withMemoryRebound(to: CChar.self) { characters in
                    if let base = characters.baseAddress { _ = pthread_setname_np(pthread_self(), base) }
                }
            }
            start.body()
            return nil
        }, start.toOpaque())
    precondition(status == 0, "no thread for PostgreSQL: error \(status)")
}
