import Platform

/// Removes old files and old rows of all services' bookkeeping, watches disk space, the heartbeats of all other services, and
/// their queues and outboxes.
///
/// | takes | does |
/// | --- | --- |
/// | `maintenance.clean-cache` | caches of users without a token, and bookkeeping that is past its retention |
/// | `maintenance.clean-temporary-files` | files below `TEMP_DIR` that are older than a day |
/// | `maintenance.clean-old-logs` | `*.log` below `LOGS_DIR` that are older than 30 days |
/// | `maintenance.clean-orphaned-documents` | files below `UPLOADS_DIR` that are older than 30 days and have no row |
/// | `maintenance.generate-health-report` | reports how services and database are |
/// | `maintenance.check-disk-space` | warns under 10 % free; under 5 % an alert, and temporary files are cleaned |
///
/// docs/files.md and docs/retention.md tell what is removed and what is left alone, docs/heartbeats.md what is watched. Needs the mail server (`SMTP_HOST`, `SMTP_FROM`, …) and
/// `FRONTEND_URL`; alerts go to `REPORT_RECIPIENTS`.
@main
struct Maintenance: BackgroundService {
    static let name = "maintenance"
    static let schema = "maintenance"
    static let summary = "removes old files, watches the disks and raises alerts"
    static let settings =
        MailSettings.all + [MailSettings.reportRecipients.description] + FileSettings.all + RetentionSettings.all + [MemoryAlerts.limit.description]

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        let files = try FileSettings(settings)
        let recipients = try settings.value(MailSettings.reportRecipients)
        service.add(channel: try MailChannel(settings, service, templates: try MailTemplates(Embedded.files)))
        service.add(job: CleanCache(retention: try RetentionSettings(settings)))
        service.add(job: CleanTemporaryFiles(folder: files.temporary))
        service.add(job: CleanOldLogs(folder: files.logs))
        service.add(job: CleanOrphanedDocuments(folder: files.uploads, mostPercent: files.orphansPercent, recipients: recipients))
        service.add(job: CheckDiskSpace(files: files, recipients: recipients, logger: service.logger))
        let memory = MemoryAlerts(megabytes: try settings.value(MemoryAlerts.limit), recipients: recipients, logger: service.logger)
        service.add(job: GenerateHealthReport(memory: memory, recipients: recipients))
        let heartbeat = try settings.value(CommonSettings.heartbeat)
        service.add { runtime in HeartbeatWatch(runtime, every: heartbeat, mailTo: recipients) }
        let latest = BacklogWatch.Latest()
        service.add { runtime in BacklogWatch(runtime, latest, every: heartbeat, memory: memory, mailTo: recipients) }
        service.add(gauges: { latest.gauges })
    }
}
