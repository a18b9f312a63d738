CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT, title TEXT, last_visit_date_local INTEGER);
CREATE TABLE moz_historyvisits (id INTEGER PRIMARY KEY, from_visit INTEGER, place_id INTEGER, visit_date INTEGER, visit_type INTEGER, is_local INTEGER);
INSERT INTO moz_places VALUES (1, 'https://fox.example/', 'Fox', 1768032000250), (2, 'https://left.example/', NULL, 0);
INSERT INTO moz_historyvisits VALUES (1, 0, 1, 1768032000250, 1, 1);
