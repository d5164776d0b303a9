-- The leaves of a JSON document by their paths: `bookings.confirmed`, `topEvents.0.tickets`.
create function operations.json_leaves(document jsonb) returns table (path text, value jsonb) language sql immutable as $$
    with recursive nodes (path, value) as (
        select '', document
        union all
        select case when n.path = '' then c.key else n.path || '.' || c.key end, c.value
        from nodes n cross join lateral (
            select o.key, o.value from jsonb_each(case jsonb_typeof(n.value) when 'object' then n.value else '{}' end) o
            union all
            select (a.place - 1)::text, a.value
            from jsonb_array_elements(case jsonb_typeof(n.value) when 'array' then n.value else '[]' end) with ordinality as a (value, place)) c)
    select n.path, n.value from nodes n where jsonb_typeof(n.value) not in ('object', 'array') or n.value in ('{}', '[]')
$$;

-- What differs between two reports of a period: `[{"figure": "bookings.confirmed", "was": 3, "is": 4}]`.
create function operations.changed_figures(was jsonb, became jsonb) returns jsonb language sql immutable as $$
    select coalesce(jsonb_agg(jsonb_build_object('figure', path, 'was', w.value, 'is', b.value) order by path), '[]')
    from operations.json_leaves(was) w full join operations.json_leaves(became) b using (path)
    where w.value is distinct from b.value
$$;
