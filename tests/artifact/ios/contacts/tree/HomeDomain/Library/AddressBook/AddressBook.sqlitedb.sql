CREATE TABLE ABPerson (ROWID INTEGER PRIMARY KEY, First TEXT, Last TEXT, Middle TEXT, Organization TEXT, Nickname TEXT, Note TEXT, CreationDate INTEGER, ModificationDate INTEGER);
CREATE TABLE ABMultiValue (UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, label INTEGER, value TEXT);
INSERT INTO ABPerson VALUES (1, 'A', 'Friend', NULL, 'Paper', NULL, 'met at meet.example', 789724800, 789724800+10), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO ABMultiValue VALUES (1, 1, 3, NULL, '+1 555 0101'), (2, 1, 4, NULL, 'A.Friend@Mail.example'), (3, 1, 22, NULL, 'www.friend.example/me'), (4, 1, 13, NULL, 'user7'), (5, 9, 3, NULL, '555-0199');
