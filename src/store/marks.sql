-- Tags and urgency of what lies in Archive count for a conversation that has mail in INBOX as well: every row is made anew when
-- its mailbox is written next, since no mailbox has this day.
UPDATE mailbox SET since = -1;
