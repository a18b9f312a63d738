CREATE TABLE page_url (url TEXT NOT NULL PRIMARY KEY ON CONFLICT REPLACE, uuid TEXT NOT NULL);
CREATE TABLE icon_info (uuid TEXT NOT NULL PRIMARY KEY ON CONFLICT REPLACE, url TEXT NOT NULL, timestamp INTEGER NOT NULL, width INTEGER, height INTEGER, has_generated_representations INTEGER);
CREATE TABLE rejected_resources (page_url TEXT NOT NULL, icon_url TEXT NOT NULL, timestamp INTEGER NOT NULL, PRIMARY KEY (page_url, icon_url));
INSERT INTO page_url VALUES ('https://www.a.example/page', 'U1'), ('https://b.example/', 'U1'), ('https://gone.example/', 'U9');
INSERT INTO icon_info VALUES ('U1', 'https://icons.a.example/favicon.ico', 789724800, 32, 32, 1), ('U2', 'https://orphan.example/favicon.ico', 789724800+1, 32, 32, 1), ('U3', 'https://ios26.example/i.png', 1768032000, 32, 32, 1);
INSERT INTO rejected_resources VALUES ('https://c.example/x', 'https://c.example/r.ico', 789724800+2);
-- wal
INSERT INTO page_url VALUES ('https://wal.example/', 'U4');
INSERT INTO icon_info VALUES ('U4', 'https://wal.example/favicon.ico', 789724800+3, 32, 32, 1);
DELETE FROM page_url WHERE url = 'https://b.example/';
