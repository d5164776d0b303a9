"""What was measured: `.run/bench.json` and the table."""

import json
import statistics

# What the ratios of a subject to another must reach.
REQUIRED = {
    ("rides", "ours", "c-overlap"): 1.0,
    ("rides", "ours", "go"): 4.0,
    ("rides", "ours", "celery"): 20.0,
    ("facts", "ours", "c-overlap"): 0.9,
    ("refresh", "ours", "ideal"): 0.9,
    ("expiry", "ours", "sql-ceiling"): 0.5,
    ("expiry", "ours", "python-rows"): 15.0,
    ("expiry", "ours-two", "ours"): 1.0,
    ("temp-files", "ours", "find"): 0.8,
    ("retention", "ours", "alone"): 0.8,
}
# What the ratios of ours to another may be at most.
ALLOWED = {("tick-lateness", "ours", "c-clock"): 1.3, ("daily", "ours", "plain-sql"): 1.5}
# Figures of ours that must stay below a limit, by workload and measure.
LIMITS = {
    ("idle-memory", "RssAnon"): 15.0,
    ("idle-memory", "VmRSS"): 50.0,
    ("ready", None): 500.0,
    ("daily", None): 2.0,
    ("expiry", "VmHWM"): 100.0,
    ("reminders", "VmHWM"): 100.0,
    ("temp-files", "VmHWM"): 60.0,
}
# Figures of ours that must at least be reached.
FLOORS = {("expiry", None): 10_000.0, ("reminders", None): 10_000.0, ("backfill", None): 365 / 60}


class Results:
    """Values of runs by workload, subject and what else tells them apart; written to the file after every run."""

    def __init__(self, path):
        self.path = path
        self.values = {}

    def add(self, workload, subject, unit, value, service=None, measure=None):
        """One run's figure. `service` and `measure` are members of the record when they are given."""
        self.values.setdefault((workload, subject, unit, service, measure), []).append(round(value, 3))
        name = " ".join(filter(None, (workload, subject, service, measure)))
        print(f"{name}: {format_value(value)} {unit}", flush=True)
        self.write()

    def records(self):
        for (workload, subject, unit, service, measure), runs in self.values.items():
            record = {"workload": workload, "subject": subject, "unit": unit}
            if service:
                record["service"] = service
            if measure:
                record["measure"] = measure
            record |= {"runs": len(runs), "median": statistics.median(runs), "min": min(runs), "max": max(runs), "figures": runs}
            yield record

    def write(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("[\n" + ",\n".join(f"  {json.dumps(record)}" for record in self.records()) + "\n]\n")

    def print_table(self):
        records = list(self.records())
        if not records:
            return
        rows = [("workload", "subject", "median", "min", "max", "unit", "runs", "required")]
        for record in records:
            subject = " ".join(filter(None, (record["subject"], record.get("service"), record.get("measure"))))
            figures = [format_value(record[key]) for key in ("median", "min", "max")]
            rows.append((record["workload"], subject, *figures, record["unit"], str(record["runs"]), verdict(record)))
        rows += self.ratios(records)
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        print()
        for row in rows:
            cells = [cell.rjust(width) if column in (2, 3, 4) else cell.ljust(width) for column, (cell, width) in enumerate(zip(row, widths))]
            print("  ".join(cells).rstrip())
        print(f"\nwritten to {self.path}")

    def ratios(self, records):
        medians = {(record["workload"], record["subject"]): record["median"] for record in records if "measure" not in record}
        for (workload, subject), median in medians.items():
            one, other = ("ours-two", "ours") if subject == "ours-two" else ("ours", subject)
            if one == other or (workload, one) not in medians or medians.get((workload, other), 0) == 0:
                continue
            ratio = medians[workload, one] / medians[workload, other]
            yield (workload, f"{one} / {other}", f"{ratio:.2f}", "", "", "times", "", bound(ratio, (workload, one, other)))


def bound(ratio, figure):
    """Whether a ratio keeps what is required of it; nothing when nothing is."""
    if figure in REQUIRED:
        return f"at least {REQUIRED[figure]:g}: {'yes' if ratio >= REQUIRED[figure] else 'NO'}"
    if figure in ALLOWED:
        return f"at most {ALLOWED[figure]:g}: {'yes' if ratio <= ALLOWED[figure] else 'NO'}"
    return ""


def verdict(record):
    """Whether a figure of ours keeps what is required of it by itself; nothing when nothing is."""
    figure = (record["workload"], record.get("measure"))
    if record["subject"] != "ours":
        return ""
    if figure in LIMITS:
        return f"under {LIMITS[figure]:g}: {'yes' if record['median'] < LIMITS[figure] else 'NO'}"
    if figure in FLOORS:
        return f"at least {format_value(FLOORS[figure])}: {'yes' if record['median'] >= FLOORS[figure] else 'NO'}"
    return ""


def format_value(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"
