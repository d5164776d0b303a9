import Foundation
import Synchronization

/// A Python program under Peers/ as a child process: prints its port, then a line for each event, and ends when this object does.
final class Peer: Sendable {
    let port: Int
    private let process: Mutex<(process: Process, input: Pipe)>
    private let output: Output

    private final class Output: Sendable {
        struct State {
            var lines: [String] = []
            var hasEnded = false
        }
        let state = Mutex(State())
    }

    struct Failure: Error {}

    init(_ program: String, _ arguments: [String]) async throws {
        let script = Bundle.module.bundleURL.appending(path: "Peers/\(program)").path
        let process = Process()
        let input = Pipe()
        let printed = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script] + arguments
        process.standardInput = input
        process.standardOutput = printed
        try process.run()
        let output = Output()
        let handle = printed.fileHandleForReading
        Thread.detachNewThread {
            var rest = Data()
            while true {
                let more = handle.availableData
                if more.isEmpty { break }
                rest += more
                while let end = rest.firstIndex(of: 0x0A) {
                    let line = String(decoding: rest[..<end], as: UTF8.self)
                    rest = Data(rest[(end + 1)...])
                    output.state.withLock { $0.lines.append(line) }
                }
            }
            output.state.withLock { $0.hasEnded = true }
        }
        self.output = output
        self.process = Mutex((process, input))
        guard await eventually({ output.state.withLock { !$0.lines.isEmpty || $0.hasEnded } }),
            let port = output.state.withLock({ $0.lines.first.flatMap { Int($0) } })
        else { throw Failure() }
        self.port = port
    }

    /// What it printed after its port.
    var lines: [String] { output.state.withLock { Array($0.lines.dropFirst()) } }

    deinit { process.withLock { try? $0.input.fileHandleForWriting.close() } }
}
