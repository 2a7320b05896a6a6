-- A nullable column without a default: PostgreSQL changes its catalogue alone, so a table of any size takes a moment.
-- AlterTable
ALTER TABLE "delivery_attempt" ADD COLUMN     "url" TEXT;
