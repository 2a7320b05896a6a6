-- By hand: a function, which Prisma cannot say.

-- The clock of the service: when deliveries are due, keys and secrets expire, and rows were written. Releases before this
-- one used the function job_now() of pg-boss. Tests replace it to move the time.
CREATE FUNCTION "service_now"() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT now()';
