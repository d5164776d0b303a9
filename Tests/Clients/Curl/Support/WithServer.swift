import Curl
import Logging

/// A client and a scripted server for the length of a test.
func withServer(
    maximumConnections: Int = 128, maximumConnectionsPerHost: Int = 0,
    _ script: @escaping @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step],
    _ body: (CurlClient, ScriptedServer) async throws -> Void
) async throws {
    let server = try ScriptedServer(script)
    defer { server.stop() }
    try await withClient(maximumConnections: maximumConnections, maximumConnectionsPerHost: maximumConnectionsPerHost) { client in
        try await body(client, server)
    }
}

/// A client for the length of a test.
func withClient(
    maximumConnections: Int = 128, maximumConnectionsPerHost: Int = 0, _ body: (CurlClient) async throws -> Void
) async throws {
    let client = CurlClient(
        maximumConnections: maximumConnections, maximumConnectionsPerHost: maximumConnectionsPerHost, logger: Logger(label: "test"))
    do {
        try await body(client)
    } catch {
        await client.close()
        throw error
    }
    await client.close()
}

/// Waits until a condition holds; the limit is for hangs only.
func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<12_000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}
