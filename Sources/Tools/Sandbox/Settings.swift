import FoundationEssentials
import Logging

/// What the environment says about this sandbox.
package struct Settings: Sendable {
    /// Address that both servers listen on.
    var host = "127.0.0.1"
    /// Port of the HTTP stand-ins and of the control API; 0 takes any free port.
    var httpPort = 0
    /// Port of the mail server; 0 takes any free port.
    var smtpPort = 0
    /// How many requests, pushes, refunds and mails each list keeps; the oldest go first.
    var keep = 200_000
    /// Longest mail, in bytes, announced as SIZE.
    var maximumMailSize = 10 * 1024 * 1024
    /// PEM files; with both, the mail server offers STARTTLS.
    var certificateFile: String?
    var privateKeyFile: String?
    /// With both, the mail server offers AUTH and accepts mail only after it.
    var smtpUser: String?
    var smtpPassword: String?
    /// Bearer tokens asked of the callers; nil asks for none.
    var gatewayKey: String?
    var pushKey: String?
    var logLevel = Logger.Level.info

    /// A sandbox on free ports that asks nobody for a key.
    package init() {}

    /// Reads `SANDBOX_HOST`, `SANDBOX_HTTP_PORT`, `SANDBOX_SMTP_PORT`, `SANDBOX_KEEP`, `SANDBOX_TLS_CERT`, `SANDBOX_TLS_KEY`, `SANDBOX_SMTP_USER`,
    /// `SANDBOX_SMTP_PASS`, `SANDBOX_GATEWAY_KEY`, `SANDBOX_PUSH_KEY` and `LOG_LEVEL`; an empty value counts as not set.
    init(environment: [String: String]) throws(SettingError) {
        func text(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        func number(_ name: String, in range: ClosedRange<Int>, default: Int) throws(SettingError) -> Int {
            guard let text = text(name) else { return `default` }
            guard let value = Int(text), range.contains(value) else {
                throw SettingError(
                    variable: name, problem: "is \"\(text)\", but must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        host = text("SANDBOX_HOST") ?? host
        httpPort = try number("SANDBOX_HTTP_PORT", in: 0...65_535, default: httpPort)
        smtpPort = try number("SANDBOX_SMTP_PORT", in: 0...65_535, default: smtpPort)
        keep = try number("SANDBOX_KEEP", in: 1...100_000_000, default: keep)
        certificateFile = text("SANDBOX_TLS_CERT")
        privateKeyFile = text("SANDBOX_TLS_KEY")
        smtpUser = text("SANDBOX_SMTP_USER")
        smtpPassword = text("SANDBOX_SMTP_PASS")
        gatewayKey = text("SANDBOX_GATEWAY_KEY")
        pushKey = text("SANDBOX_PUSH_KEY")
        if let level = text("LOG_LEVEL") {
            guard let known = Logger.Level(rawValue: level) else {
                throw SettingError(variable: "LOG_LEVEL", problem: "is \"\(level)\", but must be one of \(Logger.Level.allCases.map(\.rawValue))")
            }
            logLevel = known
        }
        if (certificateFile == nil) != (privateKeyFile == nil) {
            throw SettingError(variable: "SANDBOX_TLS_KEY", problem: "and SANDBOX_TLS_CERT must be set together")
        }
        if (smtpUser == nil) != (smtpPassword == nil) {
            throw SettingError(variable: "SANDBOX_SMTP_PASS", problem: "and SANDBOX_SMTP_USER must be set together")
        }
    }
}
