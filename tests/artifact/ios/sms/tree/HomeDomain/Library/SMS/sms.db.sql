-- iOS 16 and later: attributedBody, edited and unsent messages, Recently Deleted.
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT, service TEXT);
CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT, text TEXT, subject TEXT,
  handle_id INTEGER, attributedBody BLOB, payload_data BLOB, message_summary_info BLOB, service TEXT,
  account TEXT, date INTEGER, date_read INTEGER, date_delivered INTEGER, date_edited INTEGER,
  date_retracted INTEGER, is_from_me INTEGER, error INTEGER, item_type INTEGER, group_title TEXT,
  cache_roomnames TEXT, balloon_bundle_id TEXT);
CREATE TABLE chat_recoverable_message_join (chat_id INTEGER, message_id INTEGER, delete_date INTEGER);
INSERT INTO handle VALUES (1, '+15550101', 'SMS'), (2, 'Friend@Mail.example', 'iMessage');
INSERT INTO message (guid, text, handle_id, service, date, date_read, is_from_me) VALUES
  ('A', 'Your parcel: https://track.example/p?id=1.', 1, 'SMS', 789724800000000000+1250000000, 0, 0),
  ('B', 'sent by the owner https://own.example/', 2, 'iMessage', 789724800000000000+2000000000, 789724800000000000+9000000000, 1);
-- the text is only in the typedstream
INSERT INTO message (guid, handle_id, service, date, is_from_me, attributedBody) VALUES
  ('C', 2, 'iMessage', 789724800000000000+3000000000, 0, x'040b73747265616d747970656481e803840140848484124e5341747472696275746564537472696e67008484084e534f626a656374008592848484084e53537472696e67019484012b1b68747470733a2f2f626f64792e6578616d706c652f6f6e6c7920618684026949011b928484840c4e5344696374696f6e6172790094840169008686');
-- no handle at all: a system item of a group
INSERT INTO message (guid, text, handle_id, service, date, is_from_me, group_title, cache_roomnames, item_type)
  VALUES ('D', NULL, 0, 'iMessage', 789724800000000000+4000000000, 0, 'Trip group.example', 'chat1', 2);
-- recently deleted
INSERT INTO message (guid, text, handle_id, service, date, is_from_me) VALUES
  ('E', 'gone http://gone.example/x', 1, 'SMS', 789724800000000000+5000000000, 0);
INSERT INTO chat_recoverable_message_join VALUES (1, 5, 789724800000000000+6000000000);
-- wal
INSERT INTO message (guid, text, handle_id, service, date, is_from_me) VALUES
  ('F', 'only in the log: http://wal.example/', 1, 'SMS', 789724800000000000+7000000000, 0);
UPDATE message SET text = 'changed later' WHERE guid = 'A';
