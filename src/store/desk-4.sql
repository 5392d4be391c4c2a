-- A program of an older version that is still open writes drafts in no hand, any number of them.

DROP INDEX draft_by_hand;
CREATE UNIQUE INDEX draft_by_hand ON draft (hand) WHERE hand <> '';
