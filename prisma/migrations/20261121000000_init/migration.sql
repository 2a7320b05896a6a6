-- CreateEnum
CREATE TYPE "destination_status" AS ENUM ('INACTIVE', 'ACTIVE', 'DISABLED');

-- CreateEnum
CREATE TYPE "delivery_status" AS ENUM ('PENDING', 'SUCCEEDED', 'FAILED', 'CANCELED', 'SKIPPED');

-- CreateEnum
CREATE TYPE "attempt_status" AS ENUM ('SUCCEEDED', 'FAILED');

-- CreateTable
CREATE TABLE "organization" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "external_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organization_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT,
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "scopes" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "destination" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT,
    "events" TEXT[],
    "status" "destination_status" NOT NULL DEFAULT 'INACTIVE',
    "disabled_at" TIMESTAMPTZ(3),
    "failure_count" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "changed_in" xid8 NOT NULL DEFAULT pg_current_xact_id(),

    CONSTRAINT "destination_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "signing_secret" (
    "destination_id" TEXT NOT NULL,
    "current" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "previous" TEXT,
    "previous_expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "signing_secret_pkey" PRIMARY KEY ("destination_id")
);

-- CreateTable
CREATE TABLE "event" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "data" TEXT NOT NULL,
    "relations" TEXT NOT NULL,
    "related_ids" TEXT[],
    "timestamp" TIMESTAMPTZ(3) NOT NULL,
    "idempotency_key" TEXT,
    "fingerprint" BYTEA,
    "test" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery" (
    "id" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "destination_id" TEXT NOT NULL,
    "status" "delivery_status" NOT NULL,
    "test" BOOLEAN NOT NULL DEFAULT false,
    "attempt_count" INTEGER NOT NULL DEFAULT 0,
    "attempt_base" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery_attempt" (
    "id" TEXT NOT NULL,
    "delivery_id" TEXT NOT NULL,
    "destination_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "event_type" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "status" "attempt_status" NOT NULL,
    "attempted_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "response_code" INTEGER,
    "response_body" TEXT,
    "failure_code" TEXT,
    "failure_message" TEXT,
    "recorded_in" xid8 NOT NULL DEFAULT pg_current_xact_id(),

    CONSTRAINT "delivery_attempt_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "organization_external_id_key" ON "organization"("external_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- CreateIndex
CREATE INDEX "api_key_by_organization" ON "api_key"("organization_id", "id");

-- CreateIndex
CREATE INDEX "destination_by_organization" ON "destination"("organization_id", "id");

-- CreateIndex
CREATE INDEX "destination_feed" ON "destination"("changed_in", "id");

-- CreateIndex
CREATE INDEX "event_by_organization" ON "event"("organization_id", "id");

-- CreateIndex
CREATE INDEX "event_related_ids" ON "event" USING GIN ("related_ids") WHERE (related_ids IS NOT NULL);

-- CreateIndex
CREATE UNIQUE INDEX "event_idempotency_key" ON "event"("organization_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "delivery_due" ON "delivery"("destination_id", "due_at", "id") WHERE (status = 'PENDING'::delivery_status);

-- CreateIndex
CREATE INDEX "delivery_by_destination" ON "delivery"("destination_id", "id");

-- CreateIndex
CREATE INDEX "delivery_by_event" ON "delivery"("event_id", "id");

-- CreateIndex
CREATE INDEX "delivery_attempt_by_destination" ON "delivery_attempt"("destination_id", "id");

-- CreateIndex
CREATE INDEX "delivery_attempt_failed" ON "delivery_attempt"("destination_id", "id") WHERE (status = 'FAILED'::attempt_status);

-- CreateIndex
CREATE INDEX "delivery_attempt_feed" ON "delivery_attempt"("recorded_in", "id");

-- CreateIndex
CREATE INDEX "delivery_attempt_feed_by_organization" ON "delivery_attempt"("organization_id", "recorded_in", "id");

-- CreateIndex
CREATE UNIQUE INDEX "delivery_attempt_number" ON "delivery_attempt"("delivery_id", "number");

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "destination" ADD CONSTRAINT "destination_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "signing_secret" ADD CONSTRAINT "signing_secret_destination_id_fkey" FOREIGN KEY ("destination_id") REFERENCES "destination"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "event" ADD CONSTRAINT "event_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_event_id_fkey" FOREIGN KEY ("event_id") REFERENCES "event"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_destination_id_fkey" FOREIGN KEY ("destination_id") REFERENCES "destination"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delivery_attempt" ADD CONSTRAINT "delivery_attempt_delivery_id_fkey" FOREIGN KEY ("delivery_id") REFERENCES "delivery"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- From here on by hand: what Prisma cannot say.

-- Stamps each write of a destination with its transaction, the cursor of destinationChanged, and tells whoever listens
-- to look. PostgreSQL sends one notification for a transaction, however many rows it writes, when it commits.
CREATE FUNCTION "stamp_destination"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id();
    PERFORM pg_notify('destination_changed', '');
    RETURN NEW;
END
$$;

CREATE TRIGGER "destination_stamp" BEFORE INSERT OR UPDATE ON "destination"
    FOR EACH ROW EXECUTE FUNCTION "stamp_destination"();

-- Every delivery is updated soon after it was inserted and leaves a dead entry in delivery_due, which the drain reads
-- past. The defaults would wait for a fifth of the table. (A fillfactor would not help: status and due_at are indexed,
-- so no update stays on its page.)
ALTER TABLE "delivery" SET (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.02
);

-- These only grow until they are purged: frequent small vacuums keep their pages marked as visible to all, and frequent
-- statistics keep the planner's idea of the newest rows right.
ALTER TABLE "event" SET (
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.02
);
ALTER TABLE "delivery_attempt" SET (
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.02
);
