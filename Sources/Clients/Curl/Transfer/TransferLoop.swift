import CCurl
import Glibc

/// A thread with a reactor on it, and the way for tasks to have it work.
final class TransferLoop: Sendable {
    private let requestQueue = TransferQueue()

    /// What the new thread is given.
    private final class Start: Sendable {
        let name: String
        let requestQueue: TransferQueue
        let maximumConnections: Int
        let maximumConnectionsPerHost: Int

        init(name: String, requestQueue: TransferQueue, maximumConnections: Int, maximumConnectionsPerHost: Int) {
            self.name = name
            self.requestQueue = requestQueue
            self.maximumConnections = maximumConnections
            self.maximumConnectionsPerHost = maximumConnectionsPerHost
        }
    }

    /// Libraries below libcurl want some stack in a TLS handshake; this much is reserved, what is not touched costs nothing.
    private static let stackSize = 512 << 10
    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_SSL)) == CURLE_OK

    init(name: String, maximumConnections: Int, maximumConnectionsPerHost: Int) {
        precondition(Self.isLibraryReady, "libcurl does not start")
        let start = Start(
            name: name, requestQueue: requestQueue, maximumConnections: maximumConnections, maximumConnectionsPerHost: maximumConnectionsPerHost)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, Self.stackSize)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // Signals are for the threads that expect them; a new thread has the mask of its maker.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(start)
        let result = pthread_create(&thread, &attributes, Self.main, context.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        pthread_attr_destroy(&attributes)
        if result != 0 {
            // Whoever asks is told that the client is closed.
            context.release()
            requestQueue.end()
        }
    }

    deinit { requestQueue.close() }

    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        ccurl_name_thread(start.name)
        let reactor = Reactor(
            start.requestQueue, maximumConnections: start.maximumConnections, maximumConnectionsPerHost: start.maximumConnectionsPerHost)
        if let reactor { reactor.run() } else { start.requestQueue.end() }
        return nil
    }

    /// Has an order carried out; a cancelled task gets `.cancelled`, at once.
    func perform<Answer: Sendable>(
        _ order: (CheckedContinuation<Result<Answer, CurlError>, Never>) -> TransferRequest
    ) async throws(CurlError) -> Answer {
        guard !Task.isCancelled else { throw .cancelled }
        let id = requestQueue.nextID()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { reply in
                requestQueue.put(order(reply), id: id)
                // A cancellation that came just before the order found nothing to cancel.
                if Task.isCancelled { requestQueue.cancel(id) }
            }
        } onCancel: {
            requestQueue.cancel(id)
        }
        return try result.get()
    }

    /// Breaks off what is on its way, with `.closed`, and returns when the thread has ended.
    func close() async {
        requestQueue.close()
        await requestQueue.ended()
    }
}
