-- CreateTable
CREATE TABLE "destination_deletion" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "deleted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_in" xid8 NOT NULL DEFAULT pg_current_xact_id(),

    CONSTRAINT "destination_deletion_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "destination_deletion_feed" ON "destination_deletion"("deleted_in", "id");

-- AddForeignKey
ALTER TABLE "destination_deletion" ADD CONSTRAINT "destination_deletion_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;
