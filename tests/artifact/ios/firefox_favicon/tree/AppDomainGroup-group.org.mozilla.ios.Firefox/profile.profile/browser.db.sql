CREATE TABLE history (id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT, url TEXT, title TEXT);
CREATE TABLE favicons (id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL UNIQUE, width INTEGER, height INTEGER, type INTEGER NOT NULL, date REAL NOT NULL);
CREATE TABLE favicon_sites (id INTEGER PRIMARY KEY AUTOINCREMENT, siteID INTEGER NOT NULL, faviconID INTEGER NOT NULL);
INSERT INTO history VALUES (1, 'g1', 'https://www.a.example/page', 'A');
INSERT INTO favicons VALUES (1, 'https://www.a.example/favicon.ico', 16, 16, 0, 1768032000.5), (2, 'https://b.example/favicon.ico', 16, 16, 0, 1768032001000), (3, 'https://c.example/favicon.ico', 16, 16, 0, 1768032002000000);
INSERT INTO favicon_sites VALUES (1, 1, 1), (2, 1, 2), (3, 7, 3), (4, 1, 9);
