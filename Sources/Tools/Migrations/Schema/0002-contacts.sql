-- Marketing's promise of a second document: whether a user was written to after a long absence.
alter table storefront.users add column reengagement_sent boolean not null default false;

-- How to write to a user.
create view storefront.user_contacts as
    select id as user_id, email, first_name, last_name, language, time_zone from storefront.users;

grant usage on schema storefront to "bookings", "events";
grant select on storefront.user_contacts to "bookings", "events";
