-- values of the wrong type, bytes that are no UTF-8, a broken body
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT, service TEXT);
CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, handle_id INTEGER, service TEXT, date INTEGER, is_from_me INTEGER, attributedBody BLOB);
INSERT INTO handle VALUES (1, '+15550101', 'SMS');
INSERT INTO message VALUES
  (1, 'A', CAST(x'626164ff2068747470733a2f2f6f64642e6578616d706c652f' AS TEXT), 1, 'SMS', 789724800000000000, 0, NULL),
  (2, 'B', 'no date', 1, 'SMS', 'yesterday', 0, NULL),
  (3, 'C', NULL, 1, 'SMS', 789724800000000000, 0, x'040b73747265616d7479706564'),
  (4, 'D', x'0041', 77, 'SMS', -1, 0, NULL);
