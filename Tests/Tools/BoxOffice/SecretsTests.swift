import Foundation
import Testing

@Suite("boxoffice secrets makes what containers are given as files")
struct SecretsTests {
    private static func inFolder(_ body: (_ folder: String, _ boxoffice: CommandLineTool) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "secrets-\(UInt64.random(in: 0...UInt64.max))").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder, CommandLineTool(["SECRETS_DIR": folder]))
    }

    @Test("Owners of one secret are given the same, a second time nothing is made, and a missing file is completed")
    func shared() async throws {
        try await Self.inFolder { folder, boxoffice in
            let wanted = ["secrets", "make", "database:bookings", "key:payments,sandbox", "smtp_pass?:bookings"]
            let first = try await boxoffice.run(wanted)
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.lines == ["made bookings/database", "made payments/key", "made sandbox/key", "made bookings/smtp_pass"])
            let key = try await boxoffice("secrets", "show", "payments/key").output
            #expect(key.count == 44)
            #expect(try await boxoffice("secrets", "show", "sandbox/key").output == key)
            #expect(try await boxoffice("secrets", "show", "bookings/database").output != key)
            #expect(try await boxoffice("secrets", "show", "bookings/smtp_pass").output == "\n")
            #expect(try await boxoffice.run(wanted).output == "All secrets are there.\n")
            try FileManager.default.removeItem(atPath: "\(folder)/payments/key")
            #expect(try await boxoffice.run(wanted).output == "made payments/key\n")
            #expect(try await boxoffice("secrets", "show", "payments/key").output == key)
        }
    }

    @Test("Several who make them at once make one set")
    func atOnce() async throws {
        try await Self.inFolder { folder, boxoffice in
            let calls = try await withThrowingTaskGroup(of: CommandLineTool.Outcome.self) { group in
                for _ in 0..<6 { group.addTask { try await boxoffice("secrets", "make", "a:one,two,three", "b:one") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(calls.allSatisfy { $0.status == 0 }, "\(calls.map(\.errors))")
            #expect(calls.flatMap(\.lines).count { $0 == "made one/b" } == 1)
            let values = try ["one", "two", "three"].map { try String(contentsOfFile: "\(folder)/\($0)/a", encoding: .utf8) }
            #expect(Set(values).count == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/one").sorted() == ["a", "b"])
        }
    }

    @Test("What cannot be is said in one line that names it")
    func refused() async throws {
        try await Self.inFolder { folder, boxoffice in
            let missing = try await boxoffice("secrets", "show", "bookings/database")
            #expect(missing.status == 78)
            #expect(missing.errors == "boxoffice: SECRETS_DIR cannot read \(folder)/bookings/database: no such file or directory\n")
            for wrong in ["database", "../x:bookings", "a:b/c", ":bookings"] {
                #expect(try await boxoffice("secrets", "make", wrong).status == 64, "\(wrong)")
            }
            let nothing = try await boxoffice("secrets", "put", "bookings/database")
            #expect(nothing.status == 1 && nothing.errors.contains("standard input is empty"))
        }
    }
}
