import AMQP
import Contracts
import Curl
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Console
@testable import Platform

@Suite("The console's REST interface is what Contracts/openapi.yaml says")
struct OpenAPITests {
    @Test("The document has every route of the code, and no other")
    func routes() async throws {
        let web = CurlClient(logger: TestServers.logger)
        var service = ServiceBuilder(logger: TestServers.logger, clock: .system, web: web)
        try Console.assemble(&service, Settings(["CONSOLE_TOKEN": ConsoleFixture.token(.admin)]))
        let declared = Set(service.routes.filter { $0.path.hasPrefix("\(APIRoutes.root)/") }.map { "\($0.method.rawValue) /\($0.path)" })
        let answer = try await Program.run(
            try Program.python(), ["-B", "\(Program.root)/Contracts/check/contracts.py", "openapi"])
        #expect(declared == Set(try JSONDecoder().decode([String].self, from: answer.output)), "\(answer.errors)")
        await web.close()
    }

    @Test("schemathesis finds no 500, no undocumented status, no answer that breaks its schema, and nothing invalid that is accepted")
    func schemathesis() async throws {
        try await ConsoleFixture.open { fixture in
            for (service, jobs) in Dictionary(grouping: JobName.all, by: \.service) {
                try await fixture.environment.broker.declare(ServiceTopology(service: service, jobs: jobs, types: []).topology)
            }
            try await fixture.environment.database.execute(Self.schedules, JobName.all.map(\.rawValue))
            for statement in Self.services { try await fixture.environment.database.execute(statement) }
            let program = try Program.python().deletingLastPathComponent().appending(path: "schemathesis")
            let outcome = try await Program.run(
                program,
                [
                    "run", "\(Program.root)/Contracts/openapi.yaml", "--url", "http://127.0.0.1:\(fixture.ports[0])", "--header",
                    "Authorization: Bearer \(ConsoleFixture.token(.admin))", "--max-examples", "20", "--checks", "all", "--exclude-checks",
                    // Methods that there are not are told by 405 and Allow; runs are removed by retention alone.
                    "unsupported_method,positive_data_acceptance,use_after_free,ensure_resource_availability", "--request-timeout", "60",
                    "--no-color",
                ])
            #expect(outcome.status == 0, "\(outcome.text.suffix(6000))\(outcome.errors.suffix(1000))")
        }
    }

    private static let schedules: SQL = """
        insert into operations.schedules (job, service, cron, zone, misfire, description)
        select job, split_part(job, '.', 1), '0 3 * * *', 'UTC', 'latest', job from unnest($1::text[]) as job
        """

    // Whatever is triggered has run at once.
    private static let services: [SQL] = [
        """
        create function console.run_at_once() returns trigger language plpgsql security definer as $$
        begin
            insert into operations.job_runs (job, tick_id, trigger, dry_run, scheduled_for, started_at, finished_at, outcome, service)
            values (split_part(new.subject, '@', 1), new.subject, 'api', new.action = 'job.dry-run', now(), now(), now(), 'succeeded', 'bookings')
            on conflict do nothing;
            return new;
        end
        $$
        """,
        """
        create trigger run_at_once after insert on console.audit for each row when (new.action in ('job.run', 'job.dry-run'))
            execute function console.run_at_once()
        """,
    ]
}
