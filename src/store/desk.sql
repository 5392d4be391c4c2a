-- What a person wrote and nobody else has: answers on their way and drafts. A file of its own beside the cache, so that a
-- cache can be thrown away without a word lost.

CREATE TABLE outbox (
    -- Never used again: the lock of an item is named after it.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox TEXT NOT NULL,
    root TEXT NOT NULL DEFAULT '',
    answered TEXT NOT NULL DEFAULT '',
    message_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL DEFAULT '[]',
    subject TEXT NOT NULL DEFAULT '',
    message BLOB NOT NULL,
    stage TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL,
    hold_until INTEGER,
    "after" TEXT,
    error TEXT,
    since INTEGER NOT NULL,
    draft TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX outbox_by_conversation ON outbox (mailbox, root);

CREATE TABLE draft (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox TEXT NOT NULL,
    root TEXT NOT NULL DEFAULT '',
    content TEXT NOT NULL,
    saved_at INTEGER NOT NULL
) STRICT;
CREATE INDEX draft_by_conversation ON draft (mailbox, root, id);
