-- Ids that no header can carry are known by a hash now: folders in which there are such ids are read anew.
UPDATE folder SET uidvalidity = 0 WHERE id IN (
    SELECT id >> 32 FROM header
    WHERE message_id GLOB '*[^!-~]*' OR "references" GLOB '*[^!-~]*' OR in_reply_to GLOB '*[^!-~]*'
        OR length(message_id) > 900 OR length("references") > 900 OR length(in_reply_to) > 900
);
