"""The newsletter as a careful loop: users a page at a time, each mail rendered by a compiled template, sent on one SMTP connection that stays open,
and marked in a transaction of its own, so that a killed loop repeats one mail at most.

Environment: DATABASE_URL, SMTP_PORT, LIMIT (how many mails).
"""

import os
import smtplib
from email.message import EmailMessage

import psycopg
from jinja2 import DictLoader, Environment

PAGE = 1000

USERS = """
SELECT u.id, u.email, u.first_name FROM storefront.users u
WHERE u.id > %s AND u.email_verified AND u.newsletter_subscribed
  AND EXISTS (SELECT FROM bookings.bookings b WHERE b.user_id = u.id AND b.created_at >= now() - interval '30 days')
  AND NOT EXISTS (SELECT FROM peer_sent s WHERE s.user_id = u.id)
ORDER BY u.id LIMIT %s
"""
EVENTS = """
SELECT id, title, location, starts_at, price, currency FROM events.events
WHERE status = 'upcoming' AND starts_at > now() ORDER BY starts_at, id LIMIT 5
"""
MARK = "INSERT INTO peer_sent (user_id, sent_at) VALUES (%s, now())"

TEXT = """Hello {{ name }},

the next events:
{% for event in events %}
{{ event[1] }}
{{ event[3] }}
{{ event[2] }}
{{ event[4] }} {{ event[5] }}
https://tickets.example.com/events/{{ event[0] }}
{% endfor %}
To get no more of these mails: {{ unsubscribe }}
"""


def main():
    templates = Environment(
        loader=DictLoader({"text": TEXT, "html": open(os.environ["HTML_TEMPLATE"], encoding="utf-8").read()}), autoescape=lambda name: name == "html")
    text, html = templates.get_template("text"), templates.get_template("html")
    left, last = int(os.environ["LIMIT"]), 0
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0) as database:
        database.execute("CREATE TABLE IF NOT EXISTS peer_sent (user_id bigint PRIMARY KEY, sent_at timestamptz NOT NULL)")
        events = database.execute(EVENTS).fetchall()
        with smtplib.SMTP("127.0.0.1", int(os.environ["SMTP_PORT"])) as server:
            while left > 0 and (page := database.execute(USERS, (last, min(PAGE, left))).fetchall()):
                for user, address, name in page:
                    mail = EmailMessage()
                    mail["From"] = "Box Office <noreply@example.com>"
                    mail["To"] = address
                    mail["Subject"] = "This week at Box Office"
                    mail["Message-ID"] = f"<newsletter.{user}@example.com>"
                    facts = {"name": name, "events": events, "unsubscribe": f"https://tickets.example.com/unsubscribe?token={user}"}
                    mail.set_content(text.render(facts))
                    mail.add_alternative(html.render(facts), subtype="html")
                    server.send_message(mail)
                    database.execute(MARK, (user,))
                last, left = page[-1][0], left - len(page)


main()
