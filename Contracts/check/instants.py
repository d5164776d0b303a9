"""RFC 3339, section 5.6, by the letter; written apart from the Swift that it is compared with."""

import calendar
import re

INSTANT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|([+-])(\d{2}):(\d{2}))\Z", re.ASCII
)


def is_instant(text):
    match = INSTANT.match(text)
    if not match:
        return False
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    sign, ahead_hours, ahead_minutes = match.group(7), int(match.group(8) or 0), int(match.group(9) or 0)
    if not 1 <= month <= 12 or hour > 23 or minute > 59 or ahead_hours > 23 or ahead_minutes > 59:
        return False
    # The calendar module refuses the year 0, which is a leap year like 400.
    if not 1 <= day <= calendar.monthrange(year or 400, month)[1]:
        return False
    if second == 60:
        ahead = (ahead_hours * 60 + ahead_minutes) * (-1 if sign == "-" else 1)
        return (hour * 60 + minute - ahead) % 1440 == 1439
    return second < 60
