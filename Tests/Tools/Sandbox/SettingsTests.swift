import Logging
import Platform
import Testing

@testable import Sandbox

@Suite("Settings come from the environment")
struct SettingsTests {
    @Test("Everything that is set is taken, empty values count as not set")
    func taken() throws {
        let settings = try Settings(
            Platform.Settings([
                "SANDBOX_HOST": "0.0.0.0", "SANDBOX_HTTP_PORT": "8080", "SANDBOX_SMTP_PORT": "", "SANDBOX_KEEP": "10", "LOG_LEVEL": "debug",
                "SANDBOX_SMTP_USER": "u", "SANDBOX_SMTP_PASS": "p",
            ]))
        #expect((settings.host, settings.httpPort, settings.smtpPort, settings.keep) == ("0.0.0.0", 8080, 0, 10))
        #expect(settings.logLevel == .debug)
        #expect((settings.smtpUser, settings.smtpPassword) == ("u", "p"))
        #expect(settings.certificateFile == nil)
    }

    @Test(
        "A wrong value is refused by name",
        arguments: [
            ["SANDBOX_HTTP_PORT": "x"], ["SANDBOX_HTTP_PORT": "65536"], ["SANDBOX_SMTP_PORT": "-1"], ["SANDBOX_KEEP": "0"], ["LOG_LEVEL": "loud"],
            ["SANDBOX_TLS_KEY": "k.pem"], ["SANDBOX_SMTP_PASS": "p"],
        ])
    func refused(environment: [String: String]) throws {
        let error = #expect(throws: ConfigurationError.self) { try Settings(Platform.Settings(environment)) }
        #expect(error?.variable == environment.keys.first)
    }
}
