-- By hand: functions, which Prisma cannot say.

-- Places in the feeds are numbers of transactions. In a database that was restored from a dump, rows bring the numbers of
-- another server, which may be above this server's own. The next start then replaces these two functions, and what stamps
-- new rows, by some that add an offset: see src/services/restored-rows.ts.

-- What is added to a transaction's number to get its place in the feeds.
CREATE FUNCTION "feed_offset"() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 0::bigint';

-- The place below which every transaction has ended.
CREATE FUNCTION "feed_horizon"() RETURNS xid8 LANGUAGE sql STABLE PARALLEL SAFE
    AS 'SELECT pg_snapshot_xmin(pg_current_snapshot())';
