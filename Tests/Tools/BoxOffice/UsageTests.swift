import Testing

@Suite("boxoffice says what was wrong with a call, and how")
struct UsageTests {
    private let unreachable = ["DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "AMQP_URL": "amqp://nobody:secret@127.0.0.1:1/%2F"]

    @Test("Help lists every command")
    func help() async throws {
        let help = try await CommandLineTool()("--help")
        #expect(help.status == 0)
        for command in ["migrate", "trigger", "publish", "runs", "schedules", "parked", "payment", "doctor", "audit", "demo-data", "mail"] {
            #expect(help.output.contains("  \(command) "))
        }
    }

    @Test(
        "A wrong call ends with 64",
        arguments: [
            (["trigger", "bookings.dance"], "bookings.cancel-expired"),
            (["trigger", "loyalty-notifier.notify", "--param", "limit"], "name=value"),
            (["publish", "ride.dreamt", "--data", "{}"], "ride.completed"),
            (["publish", "ride.completed", "--data", "no JSON"], "not a JSON object"),
            (["publish", "ride.completed", "--data", #"{"userId":"x"}"#], "userId"),
            (["publish", "tick", "--data", "{}"], "boxoffice trigger"),
            (["runs", "--limit", "0"], "--limit"),
            (["schedules", "override", "loyalty-notifier.notify"], "--reset"),
            (["schedules", "override", "loyalty-notifier.notify", "--cron", "61 * * * *"], "61"),
            (["schedules", "override", "loyalty-notifier.notify", "--zone", "Mars/Olympus"], "Mars/Olympus"),
            (["schedules", "override", "loyalty-notifier.notify", "--misfire", "some"], "latest, all, none"),
            (["parked", "drop"], "--all"),
            (["audit", "--limit", "0"], "--limit"),
            (["demo-data", "--users", "0"], "--users"),
            (["demo-data", "--bookings", "0"], "--bookings"),
            (["demo-data", "--now", "yesterday"], "--now"),
            (["dance"], "dance"),
        ])
    func usage(_ arguments: [String], _ complaint: String) async throws {
        let call = try await CommandLineTool(unreachable).run(arguments)
        #expect(call.status == 64)
        #expect(call.errors.contains(complaint))
        #expect(call.output.isEmpty)
    }

    @Test(
        "A missing or wrong setting ends with 78 and one line that names it",
        arguments: [
            (["migrate"], [:], "DATABASE_URL is not set"),
            (["runs"], ["DATABASE_URL": "nonsense"], "DATABASE_URL is wrong"),
            (["trigger", "loyalty-notifier.notify"], [:], "AMQP_URL is not set"),
            (["trigger", "loyalty-notifier.notify", "--wait"], ["AMQP_URL": "amqp://127.0.0.1:1"], "DATABASE_URL is not set"),
            (["parked"], ["AMQP_URL": "http://nonsense"], "AMQP_URL is wrong"),
            (["schedules"], ["TIME_ZONE": "Mars/Olympus"], "TIME_ZONE cannot be used"),
            (["schedules"], ["SCHEDULES_FILE": "/nowhere.yaml"], "SCHEDULES_FILE cannot read"),
            (["runs"], ["DATABASE_URL_FILE": "/nowhere"], "DATABASE_URL_FILE"),
        ] as [([String], [String: String], String)])
    func configuration(_ arguments: [String], _ environment: [String: String], _ complaint: String) async throws {
        let call = try await CommandLineTool(environment).run(arguments)
        #expect(call.status == 78)
        #expect(call.errors.contains(complaint))
        #expect(call.lines.count == 1)
    }

    @Test(
        "Output that cannot be written ends with 74 and a line that says so", arguments: [["--help"], ["runs", "--help"], ["schedules"]])
    func fullDisk(_ arguments: [String]) async throws {
        let call = try await CommandLineTool().run(arguments, into: "/dev/full")
        #expect(call.status == 74)
        #expect(call.errors == "boxoffice: the output cannot be written: No space left on device\n")
    }

    @Test("A database that does not answer ends with 1 and one line, without the password")
    func unreachableDatabase() async throws {
        let call = try await CommandLineTool(["DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/none"])("runs")
        #expect(call.status == 1)
        #expect(call.lines.count == 1)
        #expect(!call.errors.contains("secret"))
    }
}
