CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT, service TEXT);
CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, handle_id INTEGER, service TEXT, date INTEGER);
CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY, guid TEXT, created_date INTEGER, start_date INTEGER, filename TEXT, uti TEXT, mime_type TEXT, transfer_state INTEGER, is_outgoing INTEGER, transfer_name TEXT, total_bytes INTEGER, hide_attachment INTEGER);
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);
INSERT INTO handle VALUES (1, 'x@mail.example', 'iMessage');
INSERT INTO message VALUES (1, 'M', NULL, 1, 'iMessage', 789724800000000000);
INSERT INTO attachment VALUES
  (1, 'A', 789724800, 789724800, '~/Library/SMS/Attachments/aa/10/G/picture.heic', 'public.heic', 'image/heic', 5, 0, 'picture.heic', 1024, 0),
  (2, 'B', 789724800+1, 0, '/var/tmp/com.apple.messages/tmp-0-1', NULL, NULL, 0, 0, NULL, 0, 0),
  (3, 'C', 789724800+2, 789724800+2, NULL, NULL, NULL, 5, 1, 'sent.pdf', 10, 0);
INSERT INTO message_attachment_join VALUES (1, 1);
