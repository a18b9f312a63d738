CREATE TABLE page_url (url TEXT NOT NULL PRIMARY KEY ON CONFLICT REPLACE, uuid TEXT NOT NULL);
INSERT INTO page_url VALUES ('https://www.a.example/page', 'U1');
