-- The cache of one login: what its mailboxes' servers said. Everything here can be fetched again.

-- Single values: who "mine" is.
CREATE TABLE setting (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    place INTEGER NOT NULL DEFAULT 0,
    address TEXT,
    name TEXT,
    addresses TEXT NOT NULL DEFAULT '[]',
    account TEXT NOT NULL DEFAULT '',
    root TEXT NOT NULL DEFAULT '',
    folders TEXT NOT NULL DEFAULT '{}',
    rights TEXT,
    grade TEXT NOT NULL DEFAULT 'D',
    may TEXT NOT NULL DEFAULT '[]',
    since INTEGER
) STRICT;

CREATE TABLE folder (
    id INTEGER PRIMARY KEY,
    mailbox INTEGER NOT NULL,
    role TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    uidvalidity INTEGER NOT NULL DEFAULT 0,
    uidnext INTEGER NOT NULL DEFAULT 1,
    known_from INTEGER NOT NULL DEFAULT 1,
    highest_modseq INTEGER,
    message_count INTEGER NOT NULL DEFAULT 0,
    UNIQUE (mailbox, role)
) STRICT;

-- What changes and what is looked up. The id is the folder's id times 2^32 plus the UID, so that a folder's messages lie
-- together in UID order, and every index that ends with the id has the UID in it.
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    mailbox INTEGER NOT NULL,
    conversation INTEGER NOT NULL DEFAULT 0,
    identity TEXT NOT NULL,
    name TEXT NOT NULL,
    modseq INTEGER,
    flags INTEGER NOT NULL DEFAULT 0,
    keywords TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX message_of_conversation ON message (conversation);
CREATE INDEX message_by_name ON message (mailbox, name);

-- What never changes of a message: its header. Lists are JSON, empty where there is nothing.
CREATE TABLE header (
    id INTEGER PRIMARY KEY,
    internal_date INTEGER NOT NULL,
    size INTEGER NOT NULL DEFAULT 0,
    message_id TEXT,
    "references" TEXT NOT NULL DEFAULT '',
    in_reply_to TEXT NOT NULL DEFAULT '',
    date TEXT NOT NULL DEFAULT '',
    from_raw TEXT NOT NULL DEFAULT '',
    subject_raw TEXT NOT NULL DEFAULT '',
    subject TEXT NOT NULL DEFAULT '',
    "from" TEXT NOT NULL DEFAULT '',
    sender TEXT NOT NULL DEFAULT '',
    reply_to TEXT NOT NULL DEFAULT '',
    "to" TEXT NOT NULL DEFAULT '',
    cc TEXT NOT NULL DEFAULT '',
    delivered_to TEXT NOT NULL DEFAULT '',
    content_type TEXT NOT NULL DEFAULT '',
    auto_submitted TEXT
) STRICT;

-- Which message names which id in References or In-Reply-To: whose place changes when that id comes or goes.
CREATE TABLE reference (
    mailbox INTEGER NOT NULL,
    name TEXT NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (mailbox, name, message)
) STRICT, WITHOUT ROWID;

-- A row of the queue. `home` is the number of the view where it belongs; what is made from other columns is generated, so
-- that it cannot disagree with them. The tie-break `name` is a hash of the root.
CREATE TABLE conversation (
    id INTEGER PRIMARY KEY,
    mailbox INTEGER NOT NULL,
    root TEXT NOT NULL,
    name TEXT NOT NULL,
    folder TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    from_name TEXT,
    from_email TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL,
    claimants TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '',
    urgent INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    messages INTEGER NOT NULL DEFAULT 0,
    last_at INTEGER NOT NULL,
    waiting_since INTEGER,
    snoozed_until INTEGER,
    has_attachment INTEGER NOT NULL DEFAULT 0,
    is_old INTEGER NOT NULL DEFAULT 0,
    has_pending_answer INTEGER NOT NULL DEFAULT 0,
    uids TEXT NOT NULL DEFAULT '',
    home INTEGER NOT NULL,
    is_open INTEGER NOT NULL GENERATED ALWAYS AS (home BETWEEN 1 AND 3) VIRTUAL,
    wait_order INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(waiting_since, 9223372036854775807)) VIRTUAL
) STRICT;
CREATE INDEX conversation_by_name ON conversation (mailbox, name);
CREATE INDEX conversation_home_by_wait ON conversation (mailbox, home, wait_order, last_at, name);
CREATE INDEX conversation_home_by_date ON conversation (mailbox, home, last_at, name);
CREATE INDEX conversation_open_by_wait ON conversation (mailbox, is_open, wait_order, last_at, name);
CREATE INDEX conversation_open_by_date ON conversation (mailbox, is_open, last_at, name);
CREATE INDEX conversation_claimed ON conversation (mailbox, claimants) WHERE claimants <> '';
CREATE INDEX conversation_tagged ON conversation (mailbox, tags) WHERE tags <> '';

-- How many conversations each view is home to, kept by the triggers below: a count must not cost a scan.
CREATE TABLE tally (
    mailbox INTEGER NOT NULL,
    home INTEGER NOT NULL,
    conversations INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (mailbox, home)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER tally_comes AFTER INSERT ON conversation BEGIN
    INSERT INTO tally (mailbox, home, conversations) VALUES (new.mailbox, new.home, 1)
        ON CONFLICT (mailbox, home) DO UPDATE SET conversations = conversations + 1;
END;
CREATE TRIGGER tally_goes AFTER DELETE ON conversation BEGIN
    UPDATE tally SET conversations = conversations - 1 WHERE mailbox = old.mailbox AND home = old.home;
END;
CREATE TRIGGER tally_moves AFTER UPDATE OF home ON conversation WHEN old.home <> new.home BEGIN
    UPDATE tally SET conversations = conversations - 1 WHERE mailbox = old.mailbox AND home = old.home;
    INSERT INTO tally (mailbox, home, conversations) VALUES (new.mailbox, new.home, 1)
        ON CONFLICT (mailbox, home) DO UPDATE SET conversations = conversations + 1;
END;

-- Bodies that were fetched: the raw mail or its beginning.
CREATE TABLE body (
    message INTEGER PRIMARY KEY,
    raw BLOB NOT NULL,
    is_whole INTEGER NOT NULL DEFAULT 0,
    attachments TEXT NOT NULL DEFAULT '[]',
    bytes INTEGER NOT NULL DEFAULT 0,
    used_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX body_by_use ON body (used_at, bytes);

-- What happened, in the order in which this cache learnt of it.
CREATE TABLE change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    conversation TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    "by" TEXT,
    status TEXT NOT NULL,
    claimants TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT ''
) STRICT;

-- Messages that left a folder a short while ago, and how their conversation stood then: one that turns up in another folder
-- (moved, by whatever program) goes on with that conversation and is no new mail.
CREATE TABLE departed (
    mailbox INTEGER NOT NULL,
    identity TEXT NOT NULL,
    at INTEGER NOT NULL,
    status TEXT NOT NULL,
    claimants TEXT NOT NULL,
    tags TEXT NOT NULL,
    urgent INTEGER NOT NULL,
    PRIMARY KEY (mailbox, identity)
) STRICT, WITHOUT ROWID;
CREATE INDEX departed_by_age ON departed (at);
