-- until iOS 7: Unix seconds, bit 0 of flags is "outgoing"
CREATE TABLE call (ROWID INTEGER PRIMARY KEY, address TEXT, date INTEGER, duration INTEGER, flags INTEGER);
INSERT INTO call VALUES (1, '+15550103', 1388570400, 20, 4), (2, '+15550104', 1388570500, 0, 5);
