import Glibc
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("A service that hangs")
    struct HeartbeatFaults {
        private static let settings = [
            "HEARTBEAT_SECONDS": "2", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1", "SMTP_FROM": "ops@boxoffice.example",
            "FRONTEND_URL": "http://127.0.0.1:1", "REPORT_RECIPIENTS": "ops@example.org",
        ]

        private static let alert: SQL = """
            select count(*) filter (where until is null) || ' open, ' || count(*) || ' in all' from operations.alerts
            where kind = 'service-silent' and subject like $1
            """

        @Test("A service that is stopped by SIGSTOP is an alert, mailed once, and over when it goes on; maintenance is watched in the same way")
        func hangs() async throws {
            try await FaultFixture.open { fixture in
                let service = try await fixture.startReady("loyalty-notifier", ["HEARTBEAT_SECONDS": "2"])
                let watch = try await fixture.startReady("maintenance", Self.settings)
                _ = try await fixture.startReady("tick-publisher", ["HEARTBEAT_SECONDS": "2"])
                let environment = fixture.environment
                try await environment.eventually("select count(*) from operations.heartbeats", 3)
                service.signal(SIGSTOP)
                try await environment.eventually(Self.alert, "1 open, 1 in all", ["loyalty-notifier@%"])
                service.signal(SIGCONT)
                try await environment.eventually(Self.alert, "0 open, 1 in all", ["loyalty-notifier@%"])
                try await environment.eventually(
                    """
                    select string_agg(split_part(dedupe_key, '/', 1), ', ' order by dedupe_key)
                    from maintenance.deliveries where payload #>> '{facts,subject}' like 'loyalty-notifier@%'
                    """, "alert-ended, alert-opened")
                watch.signal(SIGSTOP)
                try await environment.eventually(Self.alert, "1 open, 1 in all", ["maintenance@%"])
                watch.signal(SIGCONT)
                try await environment.eventually(Self.alert, "0 open, 1 in all", ["maintenance@%"])
            }
        }
    }
}
