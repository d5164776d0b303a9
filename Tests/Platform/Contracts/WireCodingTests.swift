import Contracts
import Foundation
import Testing

@Suite("JSON on the wire")
struct WireCodingTests {
    private let then = Date(timeIntervalSince1970: 1_804_989_566)

    private func violation<M: Message>(_ type: M.Type, _ json: String) -> String? {
        do throws(ContractViolation) {
            _ = try type.decode(Array(json.utf8)[...])
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("Members are in the order of their names, instants in RFC 3339, and what is nil is left out")
    func encoding() throws {
        let ride = RideCompleted(userId: 42, rideId: "a/b", completedAt: then)
        #expect(String(decoding: try WireCoding.encode(ride), as: UTF8.self) == #"{"completedAt":"2027-03-14T01:59:26Z","rideId":"a/b","userId":42}"#)
        let tick = Tick(job: .ticketsCacheRefresh, scheduledFor: then.addingTimeInterval(0.5), trigger: .manual)
        #expect(
            String(decoding: try WireCoding.encode(tick), as: UTF8.self)
                == #"{"dryRun":false,"job":"tickets-cache.refresh","parameters":{},"scheduledFor":"2027-03-14T01:59:26.500Z","trigger":"manual"}"#)
    }

    @Test("A message that its readers would refuse is not written")
    func refusesToWrite() {
        #expect(throws: ContractViolation(path: "data.userId", found: "0", expected: "an integer of at least 1")) {
            try WireCoding.encode(TicketsRefreshRequested(userId: 0))
        }
        #expect(throws: ContractViolation.self) { try RideCompleted(userId: 1, rideId: "", completedAt: then).validate() }
    }

    @Test("A violation says where, what is there and what must be")
    func violations() {
        #expect(violation(TicketsRefreshRequested.self, #"{"userId": "x"}"#) == #"data.userId is "x", but must be an integer of at least 1"#)
        #expect(violation(TicketsRefreshRequested.self, "{}") == "data.userId is missing, but must be an integer of at least 1")
        #expect(violation(TicketsRefreshRequested.self, "") == "data is missing, but must be a JSON object")
        #expect(violation(TicketsRefreshRequested.self, "[1]") == "data is [1], but must be a JSON object")
        let tick = #"{"job": "a.b", "scheduledFor": "2027-03-14T01:59:26Z", "trigger": "manual", "dryRun": false, "parameters": {"a": 1}}"#
        #expect(violation(Tick.self, tick) == "data.parameters.a is 1, but must be a text without NUL")
        #expect(
            violation(Tick.self, tick.replacingOccurrences(of: #"{"a": 1}"#, with: #"{}, "slice": {"runId": 7}"#))
                == "data.slice.number is missing, but must be an integer of at least 1")
        #expect(
            violation(Tick.self, tick.replacingOccurrences(of: "manual", with: "cron"))
                == #"data.trigger is "cron", but must be one of schedule, manual, api"#)
    }

    @Test("A violation does not repeat a long value whole")
    func longValues() throws {
        let text = try #require(violation(TicketsRefreshRequested.self, #"{"userId": "\#(String(repeating: "é", count: 5000))"}"#))
        #expect(text.count < 200)
        #expect(text.contains("…"))
    }

    @Test("Any value is written and read in the wire's style")
    func anyValue() throws {
        struct Note: Codable, Equatable { let at: Date, b: [Int], a: String? }
        let note = Note(at: then.addingTimeInterval(0.25), b: [1], a: nil)
        let json = try WireCoding.encodeJSON(note)
        #expect(String(decoding: json, as: UTF8.self) == #"{"at":"2027-03-14T01:59:26.250Z","b":[1]}"#)
        #expect(try WireCoding.decodeJSON(Note.self, from: json[...]) == note)
        #expect(throws: DecodingError.self) { try WireCoding.decodeJSON(Note.self, from: Array(#"{"at":"today","b":[]}"#.utf8)[...]) }
    }
}
