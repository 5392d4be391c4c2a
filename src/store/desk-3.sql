-- Who wrote a draft last: each time that one is opened it is in another hand. What another hand has written since is not
-- overwritten.

ALTER TABLE draft ADD COLUMN hand TEXT NOT NULL DEFAULT '';
UPDATE draft SET hand = 'before-' || id;
CREATE UNIQUE INDEX draft_by_hand ON draft (hand);
