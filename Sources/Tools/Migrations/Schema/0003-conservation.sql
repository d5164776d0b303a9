-- The audit: whatever process was killed and whatever message was duplicated or late, these rules hold once all queues
-- are empty. Each row is a breach of a rule.

create function operations.conservation() returns table (rule text, subject text, detail text) language plpgsql stable as $$
begin
    return query
        select 'tickets sold are the tickets held', 'event ' || e.id, e.tickets_sold || ' sold, ' || coalesce(h.held, 0) || ' held'
        from events.events e
             left join (select b.event_id, sum(b.quantity) as held from bookings.bookings b
                        where b.status in ('pending', 'confirmed') group by b.event_id) h on h.event_id = e.id
        where e.tickets_sold <> coalesce(h.held, 0);

    return query
        select 'no more goes back than came in', 'payment ' || p.id,
               p.refunded_amount || ' back, ' || coalesce(r.paid, 0) || ' in paid refunds, ' || case when p.paid_at is null then 0 else p.amount end || ' in'
        from payments.payments p
             left join (select f.payment_id, sum(f.amount) as paid from payments.refunds f where f.status = 'paid' group by f.payment_id) r
                 on r.payment_id = p.id
        where p.refunded_amount > case when p.paid_at is null then 0 else p.amount end
           or (r.paid is not null and p.refunded_amount <> r.paid);

    return query
        select 'money that came late goes back', 'payment ' || p.id, p.status || ', ' || p.refunded_amount || ' of ' || p.amount || ' back'
        from payments.payments p
        where p.paid_at is not null and p.status in ('failed', 'abandoned', 'voided') and p.refunded_amount <> p.amount;

    return query
        select 'who has paid holds tickets or gets the money', 'booking ' || b.id, b.status || ', payment ' || p.id || ' succeeded'
        from bookings.bookings b join payments.payments p on p.booking_id = b.id and p.status = 'succeeded' and p.amount > 0
        where b.status = 'pending'
           or (b.status = 'cancelled' and b.refund_amount is null and not b.refund_denied)
           or (b.status = 'refunded' and p.refunded_amount = 0);

    return query
        select 'nobody holds tickets without having paid', 'booking ' || b.id, b.status || ', nothing was paid'
        from bookings.bookings b
        where b.status = 'confirmed' and b.total_amount > 0
          and not exists (select from payments.payments p where p.booking_id = b.id and p.paid_at is not null and p.refunded_amount < p.amount);

    return query
        select 'a payment is of the amount that its booking costs', 'payment ' || p.reference,
               p.amount || ' ' || p.currency || ', booking ' || b.id || ' costs ' || b.total_amount || ' ' || b.currency
        from payments.payments p join bookings.bookings b on b.id = p.booking_id
        where p.status = 'succeeded' and p.refunded_amount < p.amount and (p.amount <> b.total_amount or p.currency <> b.currency)
          and p.decision is distinct from 'accept' and b.status in ('pending', 'confirmed');

    return query
        select 'what only a person can say is said', 'payment ' || p.reference,
               p.review_reason || case when p.invalid_reason is null then ': boxoffice payment accept or give-back ' || p.reference else '' end
        from payments.payments p
        where p.review_since is not null;

    return query
        select 'the gateway answers', 'payment ' || p.reference, 'silent since ' || p.silent_since
        from payments.payments p
        where p.silent_since < now() - interval '1 hour';

    return query
        select 'one mail of a kind', m.subject, m.mails || ' mails'
        from (select split_part(d.dedupe_key, '/', 1) || ' of booking ' || split_part(d.dedupe_key, '/', 2) as subject, count(*) as mails
              from (select dedupe_key, kind from bookings.deliveries union all select dedupe_key, kind from events.deliveries) d
              where d.kind = 'mail' group by 1) m
        where m.mails > 1;

    return query
        with legal (domain, was, became) as (values
                 ('bookings', 'pending', 'confirmed'), ('bookings', 'pending', 'cancelled'), ('bookings', 'confirmed', 'cancelled'),
                 ('bookings', 'cancelled', 'refunded'),
                 ('payments', 'pending', 'processing'), ('payments', 'pending', 'succeeded'), ('payments', 'pending', 'failed'),
                 ('payments', 'pending', 'abandoned'), ('payments', 'pending', 'voided'), ('payments', 'processing', 'succeeded'),
                 ('payments', 'processing', 'failed'), ('payments', 'processing', 'abandoned'),
                 ('events', 'upcoming', 'live'), ('events', 'live', 'upcoming'), ('events', 'live', 'completed'), ('events', 'completed', 'archived'),
                 ('events', 'upcoming', 'cancelled'), ('events', 'live', 'cancelled'),
                 ('events', 'completed', 'cancelled'), ('events', 'archived', 'cancelled')),
             moves (domain, of, was, became, place, follows, status) as (
                 select 'bookings', h.of, h.was, h.became, h.id, lag(h.became) over w, b.status
                 from bookings.status_history h join bookings.bookings b on b.id = h.of window w as (partition by h.of order by h.id)
                 union all
                 select 'payments', h.of, h.was, h.became, h.id, lag(h.became) over w, p.status
                 from payments.status_history h join payments.payments p on p.id = h.of window w as (partition by h.of order by h.id)
                 union all
                 select 'events', h.of, h.was, h.became, h.id, lag(h.became) over w, e.status
                 from events.status_history h join events.events e on e.id = h.of window w as (partition by h.of order by h.id))
        select 'every status history is a legal path', m.domain || ' ' || m.of, coalesce(m.follows || ', ', '') || m.was || ' → ' || m.became
        from moves m
        where m.follows <> m.was or not exists (select from legal l where (l.domain, l.was, l.became) = (m.domain, m.was, m.became));
end
$$;
comment on function operations.conservation is 'Breaches of what must hold between events, bookings and payments when all queues are empty';
