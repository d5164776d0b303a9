import Contracts
import FoundationEssentials
import Logging

/// The format of log lines: `LOG_FORMAT`.
public enum LogFormat: String, CaseIterable, Sendable {
    /// One JSON object a line, for machines: `ts`, `level`, `service`, `msg`, then the metadata.
    case json
    /// One readable line, for people.
    case text
}

/// Writes log lines to standard error, as JSON or text, with the trace of the current task. Never waits for the reader
/// of the log.
public struct LineLogHandler: LogHandler {
    /// Metadata of every line of this logger.
    public var metadata: Logger.Metadata = [:]
    /// Lines below this level are dropped.
    public var logLevel: Logger.Level
    private let service: String
    private let format: LogFormat

    /// A handler for the lines of one service.
    public init(service: String, level: Logger.Level, format: LogFormat) {
        self.service = service
        self.logLevel = level
        self.format = format
    }

    /// One key of the metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Passes one line to the ``LogWriter``.
    public func log(event: LogEvent) {
        var fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
        if let error = event.error {
            fields["error"] = "\(error)"
            if event.level >= .warning {
                let kind = ErrorKind(error)
                Metric.errors.increment(kind.rawValue)
                LastError.shared.note(kind, "\(event.message): \(error)", of: service)
            }
        } else if event.level >= .warning, let reason = fields["reason"] {
            // A message that failed, whose error has become the reason that it carries.
            LastError.shared.note(.other, "\(event.message): \(reason)", of: service)
        }
        if let trace = TraceContext.current { fields["trace"] = "\(trace.traceID)" }
        LogWriter.standardError.append(line(event.level, "\(event.message)", fields)) { [self] dropped in
            line(.warning, "Log lines were dropped here: standard error was not read", ["dropped": "\(dropped)"])
        }
    }

    /// A line with its line break.
    func line(_ level: Logger.Level, _ message: String, _ fields: Logger.Metadata) -> [UInt8] {
        Array((format == .json ? json(level, message, fields) : text(level, message, fields)).utf8)
    }

    private func json(_ level: Logger.Level, _ message: String, _ fields: Logger.Metadata) -> String {
        var line = "{\"ts\":\"\(RFC3339.string(from: Date()))\",\"level\":\"\(level)\""
        line += ",\"service\":\(JSONText.quoted(service)),\"msg\":\(JSONText.quoted(message))"
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) { line += ",\(JSONText.quoted(key)):\(JSONText.quoted("\(value)"))" }
        return line + "}\n"
    }

    private func text(_ level: Logger.Level, _ message: String, _ fields: Logger.Metadata) -> String {
        let rest = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined().replacing("\n", with: "⏎ ")
        let words = message.replacing("\n", with: "⏎ ")
        return "\(RFC3339.string(from: Date())) \(level.rawValue.uppercased()) [\(service)] \(words)\(rest)\n"
    }
}
