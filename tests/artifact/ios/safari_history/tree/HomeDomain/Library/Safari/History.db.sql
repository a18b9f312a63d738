CREATE TABLE history_items (id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL UNIQUE, visit_count INTEGER);
CREATE TABLE history_visits (id INTEGER PRIMARY KEY AUTOINCREMENT, history_item INTEGER, visit_time REAL NOT NULL, title TEXT, load_successful BOOLEAN, synthesized BOOLEAN, redirect_source INTEGER, redirect_destination INTEGER, origin INTEGER);
CREATE TABLE history_tombstones (id INTEGER PRIMARY KEY AUTOINCREMENT, start_time REAL, end_time REAL, url TEXT);
INSERT INTO history_items VALUES (1, 'http://News.example/story', 1), (2, 'https://user@b.example:8443/p#frag', 1), (3, 'https://orphan.example/', 2);
INSERT INTO history_visits VALUES (1, 1, 789724800.5, 'Story', 1, 0, NULL, 2, 0), (2, 2, 789724800.75, NULL, 1, 0, 1, NULL, 1);
INSERT INTO history_tombstones VALUES (1, 789724800-100, 789724800-50, 'https://tomb.example/');
-- wal
INSERT INTO history_items VALUES (4, 'https://late.example/', 1);
INSERT INTO history_visits VALUES (3, 4, 789724800+9, 'Late', 1, 0, NULL, NULL, 0);
DELETE FROM history_visits WHERE id = 1;
