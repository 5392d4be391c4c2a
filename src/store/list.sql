-- Over which mailing list a message came. What was fetched before this column was there has none: its sender stands for it.
ALTER TABLE header ADD COLUMN list_id TEXT;
CREATE INDEX header_by_list ON header (list_id) WHERE list_id IS NOT NULL;
