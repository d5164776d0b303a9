import FoundationEssentials
import Logging
import Platform

/// The settings of this sandbox.
package struct Settings: Sendable {
    /// Address that both servers listen on.
    var host = "127.0.0.1"
    /// Port of the HTTP stubs and of the control API; 0 takes any free port.
    var httpPort = 0
    /// Port of the mail server; 0 takes any free port.
    var smtpPort = 0
    /// The maximum number of requests, pushes, refunds and mails in each list; the oldest are dropped first.
    var keep = 200_000
    /// Longest mail, in bytes, announced as SIZE.
    var maximumMailSize = 10 * 1024 * 1024
    /// PEM files; with both, the mail server offers STARTTLS.
    var certificateFile: String?
    var privateKeyFile: String?
    /// With both, the mail server offers AUTH and accepts mail only after it.
    var smtpUser: String?
    var smtpPassword: String?
    /// Bearer tokens that callers must send; nil accepts every caller.
    var gatewayKey: String?
    var pushKey: String?
    var logLevel = Logger.Level.info

    /// A sandbox on free ports that accepts every caller.
    package init() {}

    /// Reads the settings of the process.
    /// - Throws: ``ConfigurationError`` that names the invalid setting.
    init(_ given: Platform.Settings) throws(ConfigurationError) {
        host = try given.value(Self.hostSetting)
        httpPort = try given.value(Self.httpPortSetting)
        smtpPort = try given.value(Self.smtpPortSetting)
        keep = try given.value(Self.keepSetting)
        certificateFile = try given.optional(Self.certificateSetting)
        privateKeyFile = try given.optional(Self.privateKeySetting)
        smtpUser = try given.optional(Self.smtpUserSetting)
        smtpPassword = try given.optional(Self.smtpPasswordSetting)
        gatewayKey = try given.optional(Self.gatewayKeySetting)
        pushKey = try given.optional(Self.pushKeySetting)
        logLevel = try given.value(CommonSettings.logLevel)
        if (certificateFile == nil) != (privateKeyFile == nil) {
            throw ConfigurationError("SANDBOX_TLS_KEY", "and SANDBOX_TLS_CERT must be set together")
        }
        if (smtpUser == nil) != (smtpPassword == nil) {
            throw ConfigurationError("SANDBOX_SMTP_PASS", "and SANDBOX_SMTP_USER must be set together")
        }
    }

    static let hostSetting = Setting.address("SANDBOX_HOST", default: "127.0.0.1", "address of the HTTP stand-ins and the mail server")
    static let httpPortSetting = Setting.integer(
        "SANDBOX_HTTP_PORT", default: 0, in: 0...65_535, "port of the HTTP stand-ins and the control API; 0 takes a free one")
    private static let smtpPortSetting = Setting.integer(
        "SANDBOX_SMTP_PORT", default: 0, in: 0...65_535, "port of the mail server; 0 takes a free one")
    private static let keepSetting = Setting.integer(
        "SANDBOX_KEEP", default: 200_000, in: 1...100_000_000, "how many requests, pushes, refunds and mails each list keeps; the oldest go first")
    private static let certificateSetting = Setting.text(
        "SANDBOX_TLS_CERT", "PEM file of a certificate; with SANDBOX_TLS_KEY the mail server offers STARTTLS", .optional)
    private static let privateKeySetting = Setting.text("SANDBOX_TLS_KEY", "PEM file of the key of SANDBOX_TLS_CERT", .optional)
    private static let smtpUserSetting = Setting.text("SANDBOX_SMTP_USER", "who has to log in at the mail server before it takes a mail", .optional)
    private static let smtpPasswordSetting = Setting.secret("SANDBOX_SMTP_PASS", "the password of SANDBOX_SMTP_USER", .optional)
    private static let gatewayKeySetting = Setting.secret("SANDBOX_GATEWAY_KEY", "bearer token asked of callers of the payment gateway", .optional)
    private static let pushKeySetting = Setting.secret("SANDBOX_PUSH_KEY", "bearer token asked of callers of the push service", .optional)

    /// The settings that it reads.
    package static let all = [
        hostSetting.description, httpPortSetting.description, smtpPortSetting.description, keepSetting.description, certificateSetting.description,
        privateKeySetting.description, smtpUserSetting.description, smtpPasswordSetting.description, gatewayKeySetting.description,
        pushKeySetting.description, CommonSettings.logLevel.description,
    ]
}
