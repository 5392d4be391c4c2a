-- Reports (RFC 3462) are few, and are looked through again and again as long as the fate of an answer is unknown.
CREATE INDEX header_of_report ON header (id) WHERE content_type = 'multipart/report';
