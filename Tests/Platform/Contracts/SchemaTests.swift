import Contracts
import Testing

@Suite("Contracts/ and the Swift types")
struct SchemaTests {
    @Test("The documents are sound: AsyncAPI 3.0, JSON Schema 2020-12, no loose ends, every queue by the rules")
    func sound() async throws {
        let folder = try await ContractsFolder.read()
        #expect(folder.problems == [])
    }

    @Test("Every type has a schema and a message in asyncapi.yaml, and the other way round")
    func types() async throws {
        let folder = try await ContractsFolder.read()
        #expect(Set(folder.schemas.keys) == Set(MessageType.all.map(\.rawValue)))
        #expect(Set(folder.messages.values) == Set(MessageType.all.map(\.rawValue)))
        #expect(Sample.all.map(\.type) == MessageType.all)
    }

    @Test("asyncapi.yaml names the jobs that exist")
    func jobs() async throws { #expect(try await ContractsFolder.read().jobs == JobName.all.map(\.rawValue)) }

    @Test("The members of a type are those of its schema", arguments: Sample.all)
    func members(_ sample: Sample) async throws {
        let schema = try #require(try await ContractsFolder.read().schemas[sample.type.rawValue])
        #expect(try JSONObjectScanner(WireCoding.encode(sample.message))?.byKey?.keys.sorted() == schema.members)
        #expect(sample.members.filter(\.value.isRequired).keys.sorted() == schema.required)
        #expect(sample.members.keys.sorted() == schema.members)
    }

    @Test("A type refuses exactly what its schema refuses", arguments: Sample.all)
    func verdicts(_ sample: Sample) async throws {
        let folder = try await ContractsFolder.read()
        for messageCase in MessageCase.of(sample.type) {
            let swift = Result { () throws(ContractViolation) in try Swift.type(of: sample.message).decode(Array(messageCase.json.utf8)[...]) }
            let schema = folder.verdict(messageCase)
            #expect((schema == nil) == messageCase.isGood, "\(messageCase); the schema says \(schema ?? "yes")")
            switch swift {
            case .success: #expect(messageCase.isGood, "\(messageCase); the type takes it")
            case .failure(let violation): #expect(!messageCase.isGood, "\(messageCase); the type says: \(violation)")
            }
        }
    }

    @Test("What is written reads as what was written", arguments: Sample.all)
    func roundTrip(_ sample: Sample) throws {
        func roundTrips<M: Message>(_ message: M) throws -> Bool { try M.decode(WireCoding.encode(message)[...]) == message }
        #expect(try roundTrips(sample.message))
    }

    @Test("The examples in a schema are read by its type", arguments: MessageType.all)
    func examples(_ type: MessageType) async throws {
        let message = try #require(Messages.all.first { $0.type == type })
        let examples = try #require(try await ContractsFolder.read().schemas[type.rawValue]).examples
        #expect(!examples.isEmpty)
        for example in examples { #expect(throws: Never.self) { try message.decode(Array(example.utf8)[...]) } }
    }
}
