import Testing

@testable import Sandbox

@Suite("Mail sessions fail where a fault says", .timeLimit(.minutes(30)))
struct MailFaultTests {
    @Test(
        "Replies and cuts come at their stage, and only a cut after the effect leaves a mail",
        arguments: [
            (#"{"action":{"smtpReply":"451 4.3.0 later"}}"#, ["220", "250", "250", "250", "354", "451"], 0),
            (#"{"match":{"recipient":"b@x"},"action":{"smtpReply":"550 5.1.1 who"}}"#, ["220", "250", "250", "550", "554"], 0),
            (#"{"action":{"smtpReply":"452 full","stage":"data"}}"#, ["220", "250", "250", "250", "452"], 0),
            (#"{"action":{"smtpReply":"552 5.3.4 too big","stage":"mail"}}"#, ["220", "250", "552", "503", "503"], 0),
            (#"{"action":{"smtpReply":"550 5.1.1 a\u0000b","stage":"rcpt"}}"#, ["220", "250", "250", "550", "554"], 0),
            (#"{"action":{"smtpReply":"421 busy","stage":"connect"}}"#, ["421"], 0),
            (#"{"action":{"cut":"before"}}"#, [], 0),
            (#"{"match":{"recipient":"*@x"},"action":{"cut":"before"}}"#, ["220", "250", "250"], 0),
            (#"{"action":{"cut":"headers"}}"#, ["220", "250", "250"], 0),
            (#"{"action":{"cut":"body"}}"#, ["220", "250", "250", "250", "354"], 0),
            (#"{"action":{"cut":"after-effect"}}"#, ["220", "250", "250", "250", "354"], 1),
            (#"{"action":{"delayMs":1}}"#, ["220", "250", "250", "250", "354", "250"], 1),
            (#"{"match":{"recipient":"c@x"},"action":{"cut":"before"}}"#, ["220", "250", "250", "250", "354", "250"], 1),
        ])
    func stages(fault: String, codes: [String], mails: Int) async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("faults", #"{"part":"smtp","times":1,"# + fault.dropFirst())
            let seen = try await MailServerTests.deliver(sandbox, to: ["b@x"])
            #expect(seen == codes)
            #expect(sandbox.world.mailbox.mails(since: 0, limit: nil, recipient: nil).count == mails)
            // One that a spent fault lets through.
            if !fault.contains("c@x") {
                let next = try await MailServerTests.deliver(sandbox, to: ["b@x"])
                #expect(next.last == "250")
            }
            try await eventually("no mail is under way") { sandbox.world.journals[.smtp].counts.inFlight == 0 }
        }
    }

    @Test("One refused recipient does not keep the mail from the other")
    func oneOfTwo() async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("faults", #"{"part":"smtp","match":{"recipient":"bad@*"},"action":{"smtpReply":"550 5.1.1 who"}}"#)
            let codes = try await MailServerTests.deliver(sandbox, to: ["bad@x", "good@x"])
            #expect(codes == ["220", "250", "250", "550", "250", "354", "250"])
            let mails: [JSONValue] = try await sandbox.look("mails")
            #expect(mails.map { $0["recipients"] } == [.array([.string("good@x")])])
        }
    }

    @Test("A text left without an answer is no mail, and its session ends with the fault")
    func hang() async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("faults", #"{"part":"smtp","action":{"hang":true}}"#)
            async let codes = MailServerTests.deliver(sandbox, to: ["b@x"])
            try await eventually("the text has come") { sandbox.world.faults.reports.first?.applied == 1 }
            sandbox.world.faults.remove()
            #expect(try await codes.last == "354")
            #expect(sandbox.world.mailbox.mails(since: 0, limit: nil, recipient: nil).isEmpty)
        }
    }
}
