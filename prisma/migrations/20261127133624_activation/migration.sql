-- The default is a constant: PostgreSQL keeps it in its catalogue and rewrites no row, whatever the table's size.
-- AlterTable
ALTER TABLE "destination" ADD COLUMN     "activation" INTEGER NOT NULL DEFAULT 0;
