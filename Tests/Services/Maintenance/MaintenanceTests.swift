import Contracts
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Maintenance

@Suite("The jobs of maintenance")
struct MaintenanceTests {
    private static let mail = [
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1", "SMTP_FROM": "ops@boxoffice.example", "FRONTEND_URL": "http://127.0.0.1:1",
        "REPORT_RECIPIENTS": "Ann <ann@example.org>, ops@example.org",
    ]

    /// Runs the service two months from now, so that everything that a test makes is old.
    private func with(
        _ settings: [String: String], _ body: @Sendable (TestEnvironment) async throws -> Void
    ) async throws {
        try await TestEnvironment.open(at: Date() + 60 * 86_400) { environment in
            try await environment.with(Maintenance.self, settings: Self.mail.merging(settings) { $1 }) { _ in try await body(environment) }
        }
    }

    @Test(
        "A job whose folder is not set says so and does nothing",
        arguments: [
            JobName.maintenanceCleanTemporaryFiles, .maintenanceCleanOldLogs, .maintenanceCleanOrphanedDocuments, .maintenanceCheckDiskSpace,
        ])
    func unset(_ job: JobName) async throws {
        try await with([:]) { environment in
            let run = try await environment.ended(try await environment.tick(job))
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 0)
            #expect(run.details.contains("nothing done"))
        }
    }

    @Test("Temporary files and logs are removed once; a dry run lists them before")
    func files() async throws {
        try await TemporaryFolder.with { folder in
            try folder.write("temp/a/b")
            try folder.write("logs/old.log")
            try await with(["TEMP_DIR": "\(folder.path)/temp", "LOGS_DIR": "\(folder.path)/logs/"]) { environment in
                for (job, files) in [(JobName.maintenanceCleanTemporaryFiles, "a/b"), (.maintenanceCleanOldLogs, "old.log")] {
                    let dry = try await environment.ended(try await environment.tick(job, trigger: .manual, dryRun: true))
                    #expect(dry.details.contains(files))
                    #expect(dry.processed == 1)
                    #expect(folder.content.count > 2)
                    let run = try await environment.ended(try await environment.tick(job))
                    #expect(run.outcome == .succeeded)
                    #expect(run.processed == 1)
                    #expect(try await environment.ended(try await environment.tick(job, trigger: .manual)).processed == 0)
                }
                #expect(folder.content == ["temp", "logs"])
            }
        }
    }

    @Test("A folder that is missing fails the run, and names the folder")
    func missing() async throws {
        try await with(["TEMP_DIR": "/there/is/none"]) { environment in
            let run = try await environment.ended(try await environment.tick(.maintenanceCleanTemporaryFiles))
            #expect(run.outcome == .failed)
            #expect(run.details.contains("/there/is/none cannot be read"))
        }
    }

    @Test("A document is named by its row in whatever form; one without a row is removed")
    func orphans() async throws {
        try await TemporaryFolder.with { folder in
            let names = ["1/a.pdf", "2/b.pdf", "3/c.pdf", "4/d.pdf", "5/caf\u{E9}.pdf", "6/e\u{301}.pdf", "7/F.PDF", "8/g.pdf"]
            for name in names + ["9/orphan.pdf"] { try folder.write(name) }
            try await with(["UPLOADS_DIR": folder.path]) { environment in
                let rows = [
                    "1/a.pdf", "./2//b.pdf", "/3/c.pdf", "../4/x/../d.pdf", "5/cafe\u{301}.pdf", "6/\u{E9}.pdf", "7/f.pdf",
                    "\(folder.path)/8/g.pdf",
                ]
                try await environment.database.execute("insert into storefront.documents (path) select unnest($1::text[])", rows)
                let dry = try await environment.ended(
                    try await environment.tick(.maintenanceCleanOrphanedDocuments, trigger: .manual, dryRun: true))
                #expect(dry.details.contains("9/orphan.pdf"))
                #expect(folder.content.contains("9/orphan.pdf"))
                let run = try await environment.ended(try await environment.tick(.maintenanceCleanOrphanedDocuments))
                #expect(run.outcome == .succeeded)
                #expect(run.processed == 1)
                #expect(folder.content.filter { $0.lowercased().hasSuffix(".pdf") }.count == names.count)
                #expect(try await environment.value("select count(*) from operations.alerts", as: Int.self) == 0)
            }
        }
    }

    @Test("An empty table of documents, or too many orphans, removes nothing and is one alert; it is over when the rows are there")
    func tooMany() async throws {
        try await TemporaryFolder.with { folder in
            for number in 0..<40 { try folder.write("\(number)") }
            try await with(["UPLOADS_DIR": folder.path]) { environment in
                let open: () async throws -> Int? = {
                    try await environment.value("select count(*) from operations.alerts where until is null", as: Int.self)
                }
                _ = try await environment.ended(try await environment.tick(.maintenanceCleanOrphanedDocuments))
                #expect(try await open() == 1)
                try await environment.database.execute("insert into storefront.documents (path) select n::text from generate_series(0, 20) n")
                _ = try await environment.ended(try await environment.tick(.maintenanceCleanOrphanedDocuments, trigger: .manual))
                #expect(folder.content.count == 40)
                #expect(try await open() == 1)
                #expect(try await environment.value("select count(*) from maintenance.deliveries", as: Int.self) == 2)
                try await environment.database.execute("insert into storefront.documents (path) select n::text from generate_series(21, 37) n")
                let run = try await environment.ended(try await environment.tick(.maintenanceCleanOrphanedDocuments, trigger: .manual))
                #expect(run.processed == 2)
                #expect(folder.content.count == 38)
                #expect(try await open() == 0)
                #expect(try await environment.value("select count(*) from maintenance.deliveries", as: Int.self) == 4)
            }
        }
    }

    @Test("A full disk is an alert once, and temporary files are cleaned; it is over once there is room")
    func disk() async throws {
        try await TemporaryFolder.with { folder in
            try folder.write("temp/old")
            let settings = ["TEMP_DIR": "\(folder.path)/temp", "UPLOADS_DIR": folder.path]
            try await with(settings.merging(["DISK_ALERT_PERCENT": "100", "DISK_WARNING_PERCENT": "100"]) { $1 }) { environment in
                for _ in 1...2 { _ = try await environment.ended(try await environment.tick(.maintenanceCheckDiskSpace, trigger: .manual)) }
                #expect(folder.content == ["temp"])
                #expect(try await environment.value("select count(*) from operations.alerts where kind = 'disk-space'", as: Int.self) == 1)
                #expect(try await environment.value("select count(*) from maintenance.deliveries", as: Int.self) == 2)
                let figures = try await environment.value(
                    "select details -> 'figures' ->> 'temporary files removed' from operations.alerts", as: String.self)
                #expect(figures?.hasPrefix("0 of ") == true)
            }
            try await with(settings.merging(["DISK_ALERT_PERCENT": "0", "DISK_WARNING_PERCENT": "0"]) { $1 }) { environment in
                try await environment.database.execute(
                    "insert into operations.alerts (kind, subject, service) values ('disk-space', $1, 'maintenance')", "\(folder.path)/temp")
                let run = try await environment.ended(try await environment.tick(.maintenanceCheckDiskSpace))
                #expect(run.details.contains("% free"))
                #expect(try await environment.value("select count(*) from operations.alerts where until is null", as: Int.self) == 0)
            }
        }
    }
}
