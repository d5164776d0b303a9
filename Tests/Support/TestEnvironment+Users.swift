import AMQP

extension TestEnvironment {
    /// The broker as one of its users, where it has them; else as the administrator.
    public func amqpURL(of user: String) -> String {
        guard hasUsers, let at = amqpURL.firstIndex(of: "@") else { return amqpURL }
        return "amqp://\(user):\(user)" + amqpURL[at...]
    }

    /// Runs the body with the broker as one of its users sees it.
    public func asUser<T: Sendable>(_ user: String, _ body: @Sendable @escaping (AMQPConnection) async throws -> T) async throws -> T {
        let configuration = try AMQPConfiguration(url: amqpURL(of: user), connectionName: "test")
        let connection = AMQPConnection(configuration, logger: TestServers.logger)
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask {
                try await connection.run()
                return nil
            }
            group.addTask {
                try await connection.connected()
                return try await body(connection)
            }
            defer { group.cancelAll() }
            while let result = try await group.next() { if let result { return result } }
            throw CancellationError()
        }
    }
}
