import Support
import Testing

extension FaultTests {
    @Suite("Metrics of running services")
    struct MetricsFaults {
        @Test("promtool check metrics finds nothing on any service", .enabled(if: Promtool.isInstalled))
        func promtool() async throws {
            try await FaultFixture.open { fixture in
                for name in try Executables.services() {
                    let service = try await fixture.startReady(name)
                    let metrics = try await fixture.metrics(service)
                    #expect(
                        metrics.contains("boxoffice_build_info{") && metrics.contains("boxoffice_database_connections{state=\"idle\"}"), "\(name)")
                    #expect(try Promtool.findings(in: metrics) == "", "\(name)")
                    try await service.kill()
                }
            }
        }
    }
}
