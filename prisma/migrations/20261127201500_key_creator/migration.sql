-- By hand: the collation of ids, which Prisma cannot say. Processes of an earlier release insert keys without a creator.
-- AlterTable
ALTER TABLE "api_key"
    ADD COLUMN "created_by_key_id" TEXT COLLATE "C",
    ADD COLUMN "created_by_user_id" TEXT COLLATE "C";

-- CreateIndex
CREATE INDEX "api_key_by_creator" ON "api_key"("created_by_key_id") WHERE (created_by_key_id IS NOT NULL);

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_created_by_key_id_fkey" FOREIGN KEY ("created_by_key_id") REFERENCES "api_key"("id") ON DELETE NO ACTION ON UPDATE CASCADE;
