-- The ceiling of `expiry`: the fewest set-based statements that leave the same rows as the three services do, on the same tables, with the same
-- triggers and indexes. Nothing is sent, nothing is published, no slice can be repeated: a kill in the middle loses what was done since the last commit.

-- The bookings, their history (a trigger writes it) and the mails.
with cancelled as (
    update bookings.bookings b set status = 'cancelled', cancelled_at = now(), cancellation_reason = 'expired'
    where b.status = 'pending' and b.created_at < now() - interval '10 minutes'
      and not exists (
          select from payments.payment_facts p where p.booking_id = b.id and p.status in ('processing', 'succeeded'))
    returning b.id)
insert into bookings.deliveries (kind, dedupe_key, payload, traceparent, next_attempt_at, created_at)
select 'mail', 'booking-cancelled/' || l.booking_id,
       jsonb_build_object(
           'template', 'booking-expired',
           'to', jsonb_build_object('name', l.first_name, 'email', l.email, 'language', l.language),
           'facts', jsonb_build_object(
               'reference', l.reference, 'event', l.title, 'place', l.location, 'tickets', l.quantity,
               'time', jsonb_build_object('at', to_char(l.starts_at at time zone l.time_zone, 'YYYY-MM-DD"T"HH24:MI'), 'zone', l.time_zone))),
       '00-3109df775773a94b2f7cdd04465ca8ce-849ed574634e645f-01', now(), now()
from cancelled join bookings.booking_mail_contexts l on l.booking_id = cancelled.id;

-- The tickets, and a message for each 25 bookings as the services have it in their inbox.
with returned as (
    insert into events.releases (booking_id, event_id, quantity, released_at)
    select id, event_id, quantity, now() from bookings.bookings where status = 'cancelled' order by id
    returning event_id, quantity),
told as (
    insert into events.inbox (source, message_id, received_at)
    select '/bookings', gen_random_uuid()::text, now() from generate_series(1, (select count(*) from bookings.bookings) / 25)),
sums as (select event_id, sum(quantity) as quantity from returned group by event_id)
update events.events e set tickets_sold = e.tickets_sold - sums.quantity from sums where sums.event_id = e.id;

-- The payments, and their history.
with told as (
    insert into payments.inbox (source, message_id, received_at)
    select '/bookings', gen_random_uuid()::text, now() from generate_series(1, (select count(*) from bookings.bookings) / 25))
update payments.payments p set status = 'voided', voided_at = now()
from bookings.bookings b where b.id = p.booking_id and b.status = 'cancelled' and p.status = 'pending';
