import CCurl
import ClientSupport
import Synchronization

/// A thread with a reactor on it, and the way for tasks to have it work.
final class TransferLoop: Sendable {
    private let commandQueue = CommandQueue<TransferCommand>()
    private let lastID = Atomic<UInt64>(0)

    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_SSL)) == CURLE_OK

    init(name: StaticString, maximumConnections: Int, maximumConnectionsPerHost: Int) {
        precondition(Self.isLibraryReady, "libcurl does not start")
        do {
            // Libraries below libcurl want some stack in a TLS handshake.
            try startThread(named: name, stack: 512 << 10) { [commandQueue] in
                let reactor = Reactor(
                    commandQueue, maximumConnections: maximumConnections, maximumConnectionsPerHost: maximumConnectionsPerHost)
                reactor?.run()
                for command in commandQueue.close() { command.abandon() }
            }
        } catch {
            // Whoever asks is told that the client is closed.
            _ = commandQueue.close()
        }
    }

    deinit { commandQueue.post(.close(nil)) }

    /// Has a request carried out; a cancelled task gets `.cancelled`, at once.
    func perform<Answer: Sendable>(
        _ request: (CheckedContinuation<Result<Answer, CurlError>, Never>) -> TransferRequest
    ) async throws(CurlError) -> Answer {
        guard !Task.isCancelled else { throw .cancelled }
        let id = lastID.wrappingAdd(1, ordering: .relaxed).newValue
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { reply in
                let request = request(reply)
                if !commandQueue.post(.begin(request, id)) { return request.fail(.closed) }
                // A cancellation that came just before the request found nothing to cancel.
                if Task.isCancelled { commandQueue.post(.cancel(id)) }
            }
        } onCancel: {
            commandQueue.post(.cancel(id))
        }
        return try result.get()
    }

    /// Breaks off what is on its way, with `.closed`, and returns when the thread has ended.
    func close() async {
        await withCheckedContinuation { closer in
            if !commandQueue.post(.close(closer)) { closer.resume() }
        }
    }
}
