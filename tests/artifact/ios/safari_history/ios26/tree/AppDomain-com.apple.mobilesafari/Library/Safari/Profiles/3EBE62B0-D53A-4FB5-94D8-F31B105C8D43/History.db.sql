-- a profile; Unix seconds as iOS 26 writes them; no title column
CREATE TABLE history_items (id INTEGER PRIMARY KEY, url TEXT, visit_count INTEGER);
CREATE TABLE history_visits (id INTEGER PRIMARY KEY, history_item INTEGER, visit_time REAL);
INSERT INTO history_items VALUES (1, 'https://a.example/', 1);
INSERT INTO history_visits VALUES (1, 1, 1768032000.5);
