"""The job as the monolith's document describes it, row by row: finds expired bookings a page at a time, and in a transaction for each of
them cancels it, gives the tickets back to the event, cancels the open payment and writes the notification.

One connection; the statements are prepared on the server from their first use. Environment: DATABASE_URL.
"""

import os

import psycopg

PAGE = 500
GRACE_MINUTES = 10

EXPIRED = """
SELECT b.id, b.reference, b.event_id, b.quantity, e.title, u.first_name, u.email
FROM bookings.bookings b JOIN storefront.users u ON u.id = b.user_id JOIN events.events e ON e.id = b.event_id
WHERE b.status = 'pending' AND b.created_at < now() - make_interval(mins => %s)
ORDER BY b.created_at, b.id LIMIT %s
"""
CANCEL = """
UPDATE bookings.bookings SET status = 'cancelled', cancelled_at = now(), cancellation_reason = 'expired' WHERE id = %s AND status = 'pending'
"""
RELEASE = "UPDATE events.events SET tickets_sold = tickets_sold - %s WHERE id = %s"
VOID = "UPDATE payments.payments SET status = 'voided', voided_at = now() WHERE booking_id = %s AND status = 'pending'"
NOTIFY = "INSERT INTO bookings.notifications (booking_id, kind, recipient, subject, body) VALUES (%s, 'booking-cancelled', %s, %s, %s)"


def cancel(database, booking):
    number, reference, event, quantity, title, name, email = booking
    with database.transaction():
        if database.execute(CANCEL, (number,)).rowcount == 0:
            return  # somebody else decided it
        database.execute(RELEASE, (quantity, event))
        database.execute(VOID, (number,))
        database.execute(NOTIFY, (
            number, email, f"Your booking {reference} has expired",
            f"Hello {name},\nyour booking {reference} for {title} was not paid in time, and its {quantity} tickets are free again."))


def main():
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0) as database:
        while page := database.execute(EXPIRED, (GRACE_MINUTES, PAGE)).fetchall():
            for booking in page:
                cancel(database, booking)


main()
