import Curl

/// The settings of services that send push notifications.
public enum PushSettings {
    /// The URL of the push service.
    public static let url = Setting.url("PUSH_URL", "the push service; /notifications is added")
    static let key = Setting.secret("PUSH_KEY", "bearer token for the push service", .optional)
    static let inFlight = Setting.integer("PUSH_IN_FLIGHT", default: 16, in: 1...CurlClient.standardConnections, "pushes on their way at once")
    /// All of them.
    public static let all = [url.description, key.description, inFlight.description]
}
