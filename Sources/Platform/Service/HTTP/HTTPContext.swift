import Hummingbird
import NIOCore

/// What the HTTP server knows of a request besides its head and body.
struct HTTPContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection that it came by.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
