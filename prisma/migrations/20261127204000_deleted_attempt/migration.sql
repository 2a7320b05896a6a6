-- By hand: the collation of ids, which Prisma cannot say.
-- CreateTable
CREATE TABLE "deleted_attempt" (
    "id" TEXT COLLATE "C" NOT NULL,
    "organization_id" TEXT COLLATE "C" NOT NULL,
    "recorded_in" xid8 NOT NULL,
    "deleted_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "deleted_attempt_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "deleted_attempt_by_time" ON "deleted_attempt"("deleted_at");
