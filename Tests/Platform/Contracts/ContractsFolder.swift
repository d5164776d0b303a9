import Contracts
import Foundation

/// What the validators of Contracts/check say: about the documents, and about every case of ``MessageCase/all``, in one call.
struct ContractsFolder: Decodable, Sendable {
    struct Schema: Decodable, Sendable {
        let members: [String]
        let required: [String]
        let examples: [String]
    }

    let problems: [String]
    let jobs: [String]
    let messages: [String: String]
    let schemas: [String: Schema]
    /// Nil for a case that its schema accepts.
    let verdicts: [String?]

    /// The folder, asked once for all tests.
    static func read() async throws -> ContractsFolder { try await reading.value }

    /// What the schema says of a case; nil when it accepts it.
    func verdict(_ sought: MessageCase) -> String? {
        guard let index = MessageCase.indices[sought] else { return "nobody asked the schema about this case" }
        return verdicts[index]
    }

    private static let reading = Task.detached {
        try JSONDecoder().decode(ContractsFolder.self, from: ask(JSONEncoder().encode(MessageCase.all.map(Question.init))))
    }

    private struct Question: Encodable {
        let message: String
        let json: String

        init(_ messageCase: MessageCase) {
            message = messageCase.type.rawValue
            json = messageCase.json
        }
    }

    private static func ask(_ questions: Data) throws -> Data {
        let environment = ProcessInfo.processInfo.environment
        guard let python = environment["BOXOFFICE_PYTHON"] else {
            throw Failure("BOXOFFICE_PYTHON must name a Python with Tests/requirements.txt; `make test` sets it")
        }
        let root = environment["BOXOFFICE_ROOT"].map { URL(fileURLWithPath: $0) } ?? URL(fileURLWithPath: #filePath).appending(path: "../../../..")
        let questionFile = FileManager.default.temporaryDirectory.appending(path: "contracts-\(UUID().uuidString).json")
        try questions.write(to: questionFile)
        defer { try? FileManager.default.removeItem(at: questionFile) }
        let output = Pipe()
        let child = Process()
        child.executableURL = URL(fileURLWithPath: python)
        child.arguments = ["-B", root.appending(path: "Contracts/check/contracts.py").standardizedFileURL.path, "verdicts"]
        child.standardInput = try FileHandle(forReadingFrom: questionFile)
        child.standardOutput = output
        try child.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        child.waitUntilExit()
        guard child.terminationStatus == 0 else { throw Failure("contracts.py ended with \(child.terminationStatus)") }
        return answer
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
