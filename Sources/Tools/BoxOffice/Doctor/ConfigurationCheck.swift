import AMQP
import FoundationEssentials
import Platform
import Postgres

/// Checks that the settings are valid, without connecting to anything.
struct ConfigurationCheck: Sendable {
    let settings: Settings

    func results() -> [CheckResult] {
        [
            look("DATABASE_URL") {
                let configuration = try settings.database()
                return "\(configuration.user ?? "?") at \(configuration.host ?? "?"):\(configuration.port ?? "5432")/\(configuration.database ?? "")"
            },
            look("AMQP_URL") {
                let configuration = try settings.broker(connectionName: "boxoffice")
                return "\(configuration.user) at \(configuration.host):\(configuration.port), vhost \(configuration.vhost)"
            },
            look("TIME_ZONE and SCHEDULES_FILE") {
                let document = try ScheduleDocument(settings)
                return "\(document.schedules.count) jobs in \(document.source), \(document.zone)"
            },
        ]
    }

    private func look(_ variable: String, _ value: () throws -> String) -> CheckResult {
        do {
            return .ok("configuration", "\(variable): \(try value())")
        } catch let error as ConfigurationError {
            return .fail("configuration", "\(error)")
        } catch {
            return .fail("configuration", "\(variable) is wrong: \(error)")
        }
    }
}
