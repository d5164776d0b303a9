import FoundationEssentials
import Support
import Testing

extension FaultTests {
    @Suite("The users of the broker")
    struct BrokerUsersTests {
        @Test("They are made, kept, changed and removed as the settings and Deploy/services say, and only what differs is touched")
        func reconciled() async throws {
            try await ManagedBroker.open { broker in
                let passwords = try PrivateServers.passwords()
                let made = try await broker.users(passwords)
                #expect(made.ending == .exited(0), "\(made.lines)")
                #expect(made.lines.filter { $0.hasPrefix("made ") }.count == passwords.count)
                #expect(try await broker.accepts("bookings", "bookings"))
                #expect(try await broker.accepts("web-shop", "web-shop"))

                let clock = ContinuousClock.now
                let again = try await broker.users(passwords)
                #expect(ContinuousClock.now - clock < .seconds(20))
                #expect(again.lines == ["Nothing to do: \(passwords.count) users have their rights."])
                // Who is given no password keeps what it has.
                #expect(try await broker.users([:]).lines == again.lines)

                let rotated = try await broker.users(passwords.merging(["EVENTS_AMQP_PASSWORD": "ü other"]) { _, new in new })
                #expect(rotated.lines == ["set the password of events"])
                #expect(try await broker.accepts("events", "%C3%BC%20other"))
                #expect(try await !broker.accepts("events", "events"))

                try await broker.evaluate(Self.disorder)
                let mended = try await broker.users([:])
                #expect(
                    Set(mended.lines) == [
                        "set what payments may publish and bind on boxoffice.events in /", "set the permissions of bookings in /",
                        "set the tags of events", "removed newsroom: it is not in Deploy/services",
                    ])
                let users = try await broker.get("users")
                #expect(users.contains(#""stranger""#))
                #expect(!users.contains(#""newsroom""#))
                #expect(try await broker.users([:]).lines == again.lines)

                try await broker.evaluate(#"rabbit_auth_backend_internal:delete_user(<<"payments">>, <<"test">>), ok."#)
                let missing = try await broker.users([:])
                #expect(missing.ending == .exited(78))
                #expect(missing.lines.count == 1)
                #expect(missing.lines.first?.contains("PAYMENTS_AMQP_PASSWORD is not set") == true)
            }
        }

        /// Rights that somebody took away or gave, a service that is no longer there, and a user of somebody else.
        private static let disorder = """
            rabbit_auth_backend_internal:clear_topic_permissions(<<"payments">>, <<"/">>, <<"boxoffice.events">>, <<"test">>),
            rabbit_auth_backend_internal:set_permissions(<<"bookings">>, <<"/">>, <<".*">>, <<".*">>, <<".*">>, <<"test">>),
            rabbit_auth_backend_internal:set_tags(<<"events">>, [administrator], <<"test">>),
            [rabbit_auth_backend_internal:add_user(Name, <<"secret">>, <<"test">>) || Name <- [<<"newsroom">>, <<"stranger">>]],
            rabbit_auth_backend_internal:set_tags(<<"newsroom">>, ['box-office'], <<"test">>), ok.
            """

        @Test("A broker that is down is waited for, a wrong password or address is one line that names the setting")
        func unavailable() async throws {
            try await ManagedBroker.open { broker in
                let wrong = try await broker.users([:], url: broker.managementURL.replacing(/:[^:@]*@/, with: ":wrong-secret@"))
                #expect(wrong.ending == .exited(78))
                #expect(wrong.lines.count == 1)
                #expect(wrong.lines.first?.hasPrefix("boxoffice: AMQP_MANAGEMENT_URL does not work: the broker at 127.0.0.1:") == true)
                #expect(wrong.lines.first?.contains("wrong-secret") == false)
                for url in ["amqp://a:b@127.0.0.1", "http://127.0.0.1:1", "nonsense"] {
                    let refused = try await broker.users([:], url: url)
                    #expect(refused.ending == .exited(78))
                    #expect(refused.lines.first?.hasPrefix("boxoffice: AMQP_MANAGEMENT_URL is wrong") == true, "\(refused.lines)")
                }
                #expect(try await broker.users([:], url: "").lines.first?.contains("AMQP_MANAGEMENT_URL is not set") == true)

                try await broker.kill()
                let waiting = try broker.begin(try PrivateServers.passwords())
                while !waiting.output.contains("Waiting for the broker at 127.0.0.1:") { try await Task.sleep(for: .milliseconds(20)) }
                try await broker.start()
                #expect(try await waiting.ended(within: .seconds(120)) == .exited(0), "\(waiting.output)")
                #expect(waiting.output.split(separator: "\n").filter { $0.hasPrefix("Waiting") }.count == 1)
            }
        }
    }
}
