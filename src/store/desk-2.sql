-- Files that go along with what is being written, by the hash of their octets: read once, when they are added, and kept
-- apart from the drafts, which are written anew with every pause in the typing.

CREATE TABLE attached (
    digest TEXT PRIMARY KEY NOT NULL,
    octets BLOB NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;
