import CLinux
import Glibc

/// No thread could be started.
package struct ThreadError: Error, CustomStringConvertible {
    let code: Int32
    package var description: String { "no thread can be started (\(String(cString: strerror(code)))): raise the limit (ulimit -u)" }
}

/// Starts a detached thread for calls that block, which never run on the threads of Swift's pool.
///
/// Signals are for the threads that expect them, and a new thread inherits the mask of its creator: it starts with all of them blocked.
/// - Parameters:
///   - name: up to 15 characters.
///   - stack: bytes that are reserved; only what is touched takes memory.
package func startThread(named name: StaticString, stack: Int, _ body: @escaping @Sendable () -> Void) throws(ThreadError) {
    final class Start: Sendable {
        let name: StaticString
        let body: @Sendable () -> Void

        init(_ name: StaticString, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stack)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    let start = Unmanaged.passRetained(Start(name, body))
    var thread = pthread_t()
    let code = pthread_create(
        &thread, &attributes,
        { context in
            guard let context else { return nil }
            let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
            start.name.withUTF8Buffer { $0.withMemoryRebound(to: CChar.self) { clinux_name_thread($0.baseAddress) } }
            start.body()
            return nil
        }, start.toOpaque())
    pthread_sigmask(SIG_SETMASK, &before, nil)
    guard code == 0 else {
        start.release()
        throw ThreadError(code: code)
    }
}
