CREATE TABLE history (id INTEGER PRIMARY KEY, guid TEXT, url TEXT, title TEXT);
CREATE TABLE visits (id INTEGER PRIMARY KEY, siteID INTEGER, date REAL, type INTEGER, is_local INTEGER);
INSERT INTO history VALUES (1, 'g1', 'https://fox.example/', 'Fox'), (2, 'g2', 'https://left.example/', 'Left');
INSERT INTO visits VALUES (1, 1, 1768032000250000, 1, 1);
