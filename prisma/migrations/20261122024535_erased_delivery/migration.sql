-- AlterTable
ALTER TABLE "delivery" ADD COLUMN     "erased" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "event_erased" ON "event"("id") WHERE (erased_at IS NOT NULL);
