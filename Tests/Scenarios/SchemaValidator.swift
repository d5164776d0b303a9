import Foundation
import Testing

/// The validator of Contracts/check, a program of its own.
enum SchemaValidator {
    /// A whole CloudEvent and the name of its message.
    struct Question: Encodable {
        let message: String
        let json: String
        let event = true
    }

    private static var python: String? { ProcessInfo.processInfo.environment["BOXOFFICE_PYTHON"] }
    private static var root: String {
        ProcessInfo.processInfo.environment["BOXOFFICE_ROOT"] ?? "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    }
    private static var program: String { root + "/Contracts/check/contracts.py" }

    /// What the schemas refuse, in the order of the questions; nil where they accept.
    static func verdicts(_ questions: [Question]) throws -> [String?] {
        try JSONDecoder().decode(Answer.self, from: ask("verdicts", try JSONEncoder().encode(questions))).verdicts
    }

    /// What `contracts.py` answers.
    static func ask(_ verb: String, _ input: Data = Data()) throws -> Data {
        let file = FileManager.default.temporaryDirectory.appending(path: "question-\(UUID().uuidString).json")
        try input.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let output = Pipe()
        let child = Process()
        child.executableURL = URL(filePath: try #require(python, "BOXOFFICE_PYTHON is not set; run the tests by make test"))
        child.arguments = ["-B", program, verb]
        child.standardInput = try FileHandle(forReadingFrom: file)
        child.standardOutput = output
        try child.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        child.waitUntilExit()
        try #require(child.terminationStatus == 0)
        return answer
    }

    /// What a script of the repository prints.
    static func run(_ path: String, environment: [String: String]) throws -> Data {
        let output = Pipe()
        let child = Process()
        child.executableURL = URL(filePath: root + path)
        child.environment = ProcessInfo.processInfo.environment.merging(environment) { _, given in given }
        child.standardOutput = output
        try child.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        child.waitUntilExit()
        try #require(child.terminationStatus == 0)
        return answer
    }

    private struct Answer: Decodable { let verdicts: [String?] }
}
