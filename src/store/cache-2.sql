-- Conversations that this person held when the message on which the claim stood left INBOX: the claim is to be put onto the
-- new lock by whoever works for this person next. `lock` is the identity of the message that left.
CREATE TABLE lost_lock (
    conversation INTEGER PRIMARY KEY,
    lock TEXT NOT NULL
) STRICT;
CREATE TRIGGER lost_lock_goes AFTER DELETE ON conversation BEGIN
    DELETE FROM lost_lock WHERE conversation = old.id;
END;

-- Assignments that are being made through this cache: keywords do not say who gave it, so whoever sees the change first
-- finds that here.
CREATE TABLE assignment (
    mailbox TEXT NOT NULL,
    root TEXT NOT NULL,
    assignee TEXT NOT NULL,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (mailbox, root, assignee)
) STRICT, WITHOUT ROWID;
