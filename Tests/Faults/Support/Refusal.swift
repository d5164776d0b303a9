import Testing

/// A start that must fail: exit 78 within a second.
enum Refusal {
    /// What the service wrote before it ended.
    static func output(
        of name: String, _ environment: [String: String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let folder = try #require(PrivateServers.current).folder
        // A machine that is busy with other tests may take its time once; a service that needs a second needs it every time.
        var fastest = Duration.seconds(60)
        var output = ""
        for _ in 0..<3 where fastest >= .seconds(1) {
            let begun = ContinuousClock.now
            let process = try ServiceProcess(
                Executables.path(name), environment: environment, log: "\(folder)/refusal-\(UInt32.random(in: 0...UInt32.max)).log")
            #expect(try await process.ended(within: .seconds(20)) == .exited(78), sourceLocation: sourceLocation)
            fastest = min(fastest, ContinuousClock.now - begun)
            output = process.output
        }
        #expect(fastest < .seconds(1), sourceLocation: sourceLocation)
        return output
    }
}
