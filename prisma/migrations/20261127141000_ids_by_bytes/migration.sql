-- By hand: collations, which Prisma cannot say.

-- Ids ascend with time when they are compared byte by byte. Some collations sort letters otherwise (Danish, Czech, Estonian,
-- Lithuanian, Hungarian …), so each column with an id gets the collation "C". In a database that is in use this would lock
-- every table until all indexes were built anew: there src/adapters/id-collation.ts does it while the service runs.
DO $$
BEGIN
    IF EXISTS (SELECT FROM "organization") THEN
        RETURN;
    END IF;
    ALTER TABLE "organization"
        ALTER COLUMN "id" TYPE text COLLATE "C";
    ALTER TABLE "api_key"
        ALTER COLUMN "id" TYPE text COLLATE "C",
        ALTER COLUMN "organization_id" TYPE text COLLATE "C";
    ALTER TABLE "destination"
        ALTER COLUMN "id" TYPE text COLLATE "C",
        ALTER COLUMN "organization_id" TYPE text COLLATE "C";
    ALTER TABLE "destination_deletion"
        ALTER COLUMN "id" TYPE text COLLATE "C",
        ALTER COLUMN "organization_id" TYPE text COLLATE "C";
    ALTER TABLE "signing_secret"
        ALTER COLUMN "destination_id" TYPE text COLLATE "C";
    ALTER TABLE "audit_entry"
        ALTER COLUMN "id" TYPE text COLLATE "C",
        ALTER COLUMN "destination_id" TYPE text COLLATE "C",
        ALTER COLUMN "api_key_id" TYPE text COLLATE "C";
    ALTER TABLE "event"
        ALTER COLUMN "id" TYPE text COLLATE "C",
        ALTER COLUMN "organization_id" TYPE text COLLATE "C";
    ALTER TABLE "delivery"
        ALTER COLUMN "id" TYPE text COLLATE "C",
        ALTER COLUMN "event_id" TYPE text COLLATE "C",
        ALTER COLUMN "destination_id" TYPE text COLLATE "C";
    ALTER TABLE "delivery_attempt"
        ALTER COLUMN "id" TYPE text COLLATE "C",
        ALTER COLUMN "delivery_id" TYPE text COLLATE "C",
        ALTER COLUMN "destination_id" TYPE text COLLATE "C",
        ALTER COLUMN "organization_id" TYPE text COLLATE "C";
END
$$;
