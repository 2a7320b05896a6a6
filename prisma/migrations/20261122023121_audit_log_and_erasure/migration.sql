-- CreateEnum
CREATE TYPE "audit_action" AS ENUM ('CREATED', 'SETTINGS_CHANGED', 'ACTIVATED', 'DEACTIVATED', 'DISABLED', 'SECRET_REVEALED', 'SECRET_ROTATED');

-- AlterTable
ALTER TABLE "event" ADD COLUMN     "erased_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "audit_entry" (
    "id" TEXT NOT NULL,
    "destination_id" TEXT NOT NULL,
    "action" "audit_action" NOT NULL,
    "api_key_id" TEXT,
    "user_id" TEXT,
    "changed" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "audit_entry_by_destination" ON "audit_entry"("destination_id", "id");

-- AddForeignKey
ALTER TABLE "audit_entry" ADD CONSTRAINT "audit_entry_destination_id_fkey" FOREIGN KEY ("destination_id") REFERENCES "destination"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_entry" ADD CONSTRAINT "audit_entry_api_key_id_fkey" FOREIGN KEY ("api_key_id") REFERENCES "api_key"("id") ON DELETE NO ACTION ON UPDATE CASCADE;
