import Hummingbird
import NIOCore

/// A request context with its connection, so that the connection can be cut.
struct SandboxContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// A data set for thousands of users comes in one request.
    var maxUploadSize: Int { 512 * 1024 * 1024 }
}
