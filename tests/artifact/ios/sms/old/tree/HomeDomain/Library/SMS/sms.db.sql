-- before iOS 11: seconds since 2001, few columns, no Recently Deleted
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT, service TEXT);
CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, handle_id INTEGER, service TEXT, date INTEGER, is_from_me INTEGER);
INSERT INTO handle VALUES (1, '+15550101', 'SMS');
INSERT INTO message VALUES (1, 'A', 'old one http://old.example/', 1, 'SMS', 521692800, 0), (2, 'B', NULL, 1, 'SMS', 0, 0);
