-- For marketing: whether a user was e-mailed after a long absence.
alter table storefront.users add column reengagement_sent boolean not null default false;

-- An address without the characters that were pasted around it: blanks, tabs, line ends and their invisible relatives;
-- null for one of nothing else.
create function storefront.bare_address(pasted text) returns text language sql immutable parallel safe as $$
    select nullif(btrim(pasted, E' \t\r\n\v\f\u00a0\u2003\u2009\u200b\u2028\u202f\u3000\ufeff'), '')
$$;

-- The name, address and language for mails to a user.
create view storefront.user_contacts as
    select id as user_id, storefront.bare_address(email) as email, first_name, last_name, language, time_zone from storefront.users;

-- A user as campaigns see one: the contact, and what the shop keeps of the user's wishes. `birthday` is month × 100 +
-- day; null for a date that has none.
create view storefront.campaign_contacts as
    select id as user_id, storefront.bare_address(email) as email, first_name, language, time_zone, email_verified, newsletter_subscribed,
           promotional_emails, created_at, date_of_birth,
           (extract(month from date_of_birth) * 100 + extract(day from date_of_birth))::integer as birthday
    from storefront.users;
create view storefront.organizer_contacts as
    select id as organizer_id, name, storefront.bare_address(email) as email from storefront.organizers;

-- The users who were born on a day of the year.
create index users_birthday on storefront.users (((extract(month from date_of_birth) * 100 + extract(day from date_of_birth))::integer), id);
-- Those whose date of birth is no day.
create index users_without_birthday on storefront.users (id) where date_of_birth in ('infinity', '-infinity');
-- The zones in use.
create index users_time_zone on storefront.users (time_zone);
-- Those who may get promotions.
create index users_promotional on storefront.users (id) where email_verified and promotional_emails;

-- A user as reports count one.
create view storefront.user_activity as select id as user_id, created_at, last_activity_at from storefront.users;
-- The users who joined or were active last in a period.
create index users_created_at on storefront.users (created_at);
create index users_last_activity_at on storefront.users (last_activity_at) where last_activity_at is not null;

grant usage on schema storefront to "bookings", "events", "marketing", "analytics";
grant select on storefront.user_activity to "analytics";
grant select on storefront.user_contacts to "bookings", "events";
grant select on storefront.campaign_contacts, storefront.organizer_contacts to "marketing";

-- The key by which the path of a row and the path of a file are compared: without empty and `.` parts, `..` resolved, in
-- one Unicode form and one case. Paths that might be the same are the same: a file is rather kept than lost.
create function storefront.document_key(path text) returns text language plpgsql immutable strict parallel safe set search_path = pg_catalog as $$
declare
    part text;
    parts text[] := '{}';
begin
    foreach part in array string_to_array(lower(normalize(path, NFC)), '/') loop
        if part in ('', '.') then
            continue;
        elsif part = '..' then
            parts := parts[:cardinality(parts) - 1];
        else
            parts := parts || part;
        end if;
    end loop;
    return array_to_string(parts, '/');
end
$$;
create index documents_key on storefront.documents (md5(storefront.document_key(path)));
-- The files that documents name.
create view storefront.document_paths as select id as document_id, md5(storefront.document_key(path)) as path_key from storefront.documents;

grant usage on schema storefront to "maintenance";
grant select on storefront.document_paths to "maintenance";
