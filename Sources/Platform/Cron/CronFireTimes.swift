import FoundationEssentials

/// The search for fire times: matching local times mapped to real time by a zone.
///
/// A zone is a sequence of spans of constant offset. Within a span local time and real time run alike; where two spans
/// meet:
/// - **The clock jumps ahead** and matching local times are skipped: they fire once, together, at the first instant
///   after the gap. An expression that follows real time (below) does not need that: its next fire time comes at its
///   usual interval.
/// - **The clock goes back** and local times happen twice: the first time counts. An expression that follows real time,
///   or whose minute field starts with `*` ("every n minutes"), fires both times.
///
/// An expression of every hour **follows real time** when the shift keeps its minutes: `5 * * * *` through a shift of
/// whole hours, so that it stays an hour apart, and `*/10 * * * *` through any. Through a shift of half an hour (Lord
/// Howe Island) `45 * * * *` is a list of local times like any other: none is left out, none fires twice.
extension CronExpression {
    /// The first fire time strictly after an instant, to the whole second; nil when there is none within 50 years.
    ///
    /// A local time that daylight saving time skips fires at the first instant after the gap; one that happens twice
    /// fires at the first. Expressions of every hour (`*/10 * * * *`, `30 * * * *`) follow real time through both,
    /// unless the minute is fixed and the shift is not a whole hour; `*/10 1-3 * * *` continues through the hour that
    /// is repeated.
    public func next(after instant: Date, in zone: CronZone) -> Date? {
        guard let start = Self.wholeSeconds(instant, .down) else { return nil }
        return next(atOrAfter: start + 1, zone.rules).map(Self.date)
    }

    /// The last fire time strictly before an instant; nil when there is none within the 50 years before it.
    public func previous(before instant: Date, in zone: CronZone) -> Date? {
        guard let end = Self.wholeSeconds(instant, .up) else { return nil }
        return previous(atOrBefore: end - 1, zone.rules).map(Self.date)
    }

    /// The fire times strictly after one instant, up to and including another, computed while they are read.
    public func fireTimes(after start: Date, through end: Date, in zone: CronZone) -> some Sequence<Date> {
        sequence(state: start) { last in
            guard let next = next(after: last, in: zone), next <= end else { return nil }
            last = next
            return next
        }
    }

    private func next(atOrAfter start: Int, _ rules: TimeZoneRules) -> Int? {
        var from = start
        while from - start < Self.horizonYears * 366 * 86_400 {
            let span = rules.span(at: from)
            if from == span.start, firesAfterGap(span) { return from }
            guard let local = firstLocal(atOrAfter: max(from, firstCounting(in: span)) + span.offset) else { return nil }
            if local - span.offset < span.end { return local - span.offset }
            from = span.end
        }
        return nil
    }

    private func previous(atOrBefore end: Int, _ rules: TimeZoneRules) -> Int? {
        var through = end
        while end - through < Self.horizonYears * 366 * 86_400 {
            let span = rules.span(at: through)
            let first = firstCounting(in: span)
            let local = through < first ? nil : lastLocal(atOrBefore: through + span.offset)
            if let local, local - span.offset >= first { return local - span.offset }
            if firesAfterGap(span) { return span.start }
            guard span.start > .min else { return nil }
            through = span.start - 1
        }
        return nil
    }

    /// Whether local times that match were skipped where this span begins.
    private func firesAfterGap(_ span: TimeZoneRules.Span) -> Bool {
        guard span.offset > span.offsetBefore, !followsRealTime(through: span) else { return false }
        guard let local = firstLocal(atOrAfter: span.start + span.offsetBefore) else { return false }
        return local < span.start + span.offset
    }

    /// The first instant of the span whose local time counts: later than its start when the span begins by repeating
    /// local times.
    private func firstCounting(in span: TimeZoneRules.Span) -> Int {
        guard span.offset < span.offsetBefore, !minutesOpen, !followsRealTime(through: span) else { return span.start }
        return span.start + span.offsetBefore - span.offset
    }

    /// Whether the clock's change at the start of this span leaves the distances of fire times as they are.
    private func followsRealTime(through span: TimeZoneRules.Span) -> Bool {
        isEveryHour && (minutesOpen || (span.offset - span.offsetBefore) % 3_600 == 0)
    }

    /// Nil outside of the years −30,000 to 33,000, where nothing fires.
    private static func wholeSeconds(_ instant: Date, _ rule: FloatingPointRoundingRule) -> Int? {
        let seconds = instant.timeIntervalSince1970.rounded(rule)
        return abs(seconds) < 1e12 ? Int(seconds) : nil
    }

    private static func date(_ seconds: Int) -> Date { Date(timeIntervalSince1970: Double(seconds)) }
}
