-- For marketing: whether a user was e-mailed after a long absence.
alter table storefront.users add column reengagement_sent boolean not null default false;

-- The name, address and language for mails to a user. Characters that were pasted around an address are removed:
-- blanks, tabs, line ends and their invisible relatives; an address of nothing else becomes null.
create view storefront.user_contacts as
    select id as user_id, nullif(btrim(email, E' \t\r\n\v\f\u00a0\u2003\u2009\u200b\u2028\u202f\u3000\ufeff'), '') as email, first_name, last_name, language, time_zone from storefront.users;

grant usage on schema storefront to "bookings", "events";
grant select on storefront.user_contacts to "bookings", "events";
