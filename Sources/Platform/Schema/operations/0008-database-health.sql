-- How the database itself is, as JSON: DatabaseHealth.swift says what each member means and when it is a finding. Runs
-- with the rights of its owner, because a role without `pg_read_all_stats` sees neither the transactions of others nor
-- the values of their sequences. An owner that has not this right either (`boxoffice migrate` by a role that is no
-- superuser) says so: `areSessionsVisible`.
create function operations.database_health() returns jsonb language sql stable security definer set search_path = pg_catalog as $$
    with tables as materialized (
        select format('%I.%I', schemaname, relname) as name, pg_total_relation_size(relid) as bytes, n_live_tup as rows, n_dead_tup as dead,
               greatest(last_vacuum, last_autovacuum) as vacuumed_at, seq_scan as scans
        from pg_stat_user_tables),
    indexes as materialized (
        select format('%I.%I', s.schemaname, s.indexrelname) as name, pg_relation_size(s.indexrelid) as bytes, s.idx_scan as scans, i.indisvalid as is_valid,
               i.indisunique or exists (select from pg_constraint c where c.conindid = s.indexrelid) as is_constraint
        from pg_stat_user_indexes s join pg_index i on i.indexrelid = s.indexrelid)
    select jsonb_build_object(
        'bytes', pg_database_size(current_database()),
        'statisticsSeconds', (select floor(extract(epoch from now() - coalesce(stats_reset, pg_postmaster_start_time())))
                              from pg_stat_database where datname = current_database()),
        'tables', (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'bytes', bytes, 'rows', rows, 'dead', dead) order by bytes desc), '[]')
                   from (select name, bytes, rows, dead from tables order by bytes desc, name limit 10) t),
        'bloated', (select coalesce(jsonb_agg(jsonb_build_object(
                                        'name', name, 'bytes', bytes, 'rows', rows, 'dead', dead,
                                        'vacuumedSeconds', floor(extract(epoch from now() - vacuumed_at))) order by dead desc), '[]')
                    from (select name, bytes, rows, dead, vacuumed_at from tables where dead > 0 order by dead desc, name limit 20) t),
        'scanned', (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'rows', rows, 'scans', scans) order by rows * scans desc), '[]')
                    from (select name, rows, scans from tables where scans > 0 order by rows * scans desc, name limit 20) t),
        'unusedIndexes', (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'bytes', bytes) order by bytes desc), '[]')
                          from (select name, bytes from indexes where scans = 0 and not is_constraint order by bytes desc, name limit 20) i),
        'invalidIndexes', (select coalesce(jsonb_agg(name order by name), '[]') from indexes where not is_valid),
        'areSessionsVisible', pg_has_role(current_user, 'pg_read_all_stats', 'usage'),
        'sessions', (select coalesce(jsonb_agg(jsonb_build_object(
                                         'process', pid, 'name', coalesce(nullif(application_name, ''), usename::text, '?'), 'state', state,
                                         'seconds', floor(extract(epoch from clock_timestamp() - xact_start)),
                                         'stateSeconds', floor(extract(epoch from clock_timestamp() - state_change))) order by xact_start), '[]')
                     from (select pid, application_name, usename, state, xact_start, state_change from pg_stat_activity
                           where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid() and xact_start is not null
                           order by xact_start limit 20) s),
        'prepared', (select coalesce(jsonb_agg(jsonb_build_object('name', gid, 'seconds', floor(extract(epoch from now() - prepared))) order by prepared), '[]')
                     from (select gid, prepared from pg_prepared_xacts where database = current_database() order by prepared limit 20) p),
        'sequences', (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'share', share) order by share desc), '[]')
                      from (select format('%I.%I', schemaname, sequencename) as name,
                                   round((last_value - start_value)::numeric / nullif(max_value - start_value, 0), 4) as share
                            from pg_sequences where increment_by > 0 and last_value is not null and not cycle
                            order by 2 desc nulls last, 1 limit 20) s),
        'xidAge', (select age(datfrozenxid) from pg_database where datname = current_database()),
        'multixactAge', (select mxid_age(datminmxid) from pg_database where datname = current_database()),
        'collation', (select jsonb_build_object('recorded', datcollversion, 'actual', pg_database_collation_actual_version(oid))
                      from pg_database where datname = current_database()))
$$;

revoke execute on function operations.database_health() from public;
grant execute on function operations.database_health() to "maintenance";
