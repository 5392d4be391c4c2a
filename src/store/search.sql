-- The words of messages: header names, subject, and the text of those bodies that are here. Contentless: it holds no text
-- twice. A row's id is its message's.
CREATE VIRTUAL TABLE search USING fts5 (
    subject, sender, recipients, body,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2', prefix = '2'
);

-- Messages whose words are to be written (again). They are written in portions, after the mail itself came in.
CREATE TABLE unsearched (
    message INTEGER PRIMARY KEY
) STRICT;
INSERT INTO unsearched (message) SELECT id FROM message;
CREATE TRIGGER search_comes AFTER INSERT ON message BEGIN
    INSERT OR IGNORE INTO unsearched (message) VALUES (new.id);
END;
CREATE TRIGGER search_goes AFTER DELETE ON message BEGIN
    DELETE FROM unsearched WHERE message = old.id;
    DELETE FROM search WHERE rowid = old.id;
END;
CREATE TRIGGER search_body_comes AFTER INSERT ON body BEGIN
    INSERT OR IGNORE INTO unsearched (message) VALUES (new.message);
END;
CREATE TRIGGER search_body_goes AFTER DELETE ON body BEGIN
    INSERT OR IGNORE INTO unsearched (message) SELECT id FROM message WHERE id = old.message;
END;
