-- By hand: the collation of ids, and triggers, which Prisma cannot say. There are no foreign keys, because the log outlives
-- what it describes. Processes of an earlier release do not write to it.
-- CreateTable
CREATE TABLE "audit_log_entry" (
    "id" TEXT COLLATE "C" NOT NULL,
    "organization_id" TEXT COLLATE "C" NOT NULL,
    "sequence" INTEGER NOT NULL,
    "action" TEXT NOT NULL,
    "actor_kind" TEXT NOT NULL,
    "actor_id" TEXT COLLATE "C",
    "actor_name" TEXT,
    "subject_id" TEXT COLLATE "C" NOT NULL,
    "subject_name" TEXT,
    "changes" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "previous_hash" BYTEA NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "audit_log_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_log_head" (
    "organization_id" TEXT COLLATE "C" NOT NULL,
    "sequence" INTEGER NOT NULL,
    "hash" BYTEA NOT NULL,
    "last_id" TEXT COLLATE "C" NOT NULL,
    "purged_sequence" INTEGER NOT NULL DEFAULT 0,
    "purged_hash" BYTEA NOT NULL,

    CONSTRAINT "audit_log_head_pkey" PRIMARY KEY ("organization_id")
);

-- CreateIndex
CREATE INDEX "audit_log_by_organization" ON "audit_log_entry"("organization_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "audit_log_sequence" ON "audit_log_entry"("organization_id", "sequence");

-- Refuses every change of an entry, except the deletion of those that the retention has passed.
CREATE FUNCTION "audit_log_is_append_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (
            SELECT FROM "audit_log_head"
            WHERE "organization_id" = OLD."organization_id" AND "purged_sequence" >= OLD."sequence"
        ) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'entries of the audit log cannot be changed or deleted';
END
$$;

CREATE TRIGGER "audit_log_entry_append_only" BEFORE UPDATE OR DELETE ON "audit_log_entry"
    FOR EACH ROW EXECUTE FUNCTION "audit_log_is_append_only"();

CREATE TRIGGER "audit_log_entry_no_truncate" BEFORE TRUNCATE ON "audit_log_entry"
    FOR EACH STATEMENT EXECUTE FUNCTION "audit_log_is_append_only"();
