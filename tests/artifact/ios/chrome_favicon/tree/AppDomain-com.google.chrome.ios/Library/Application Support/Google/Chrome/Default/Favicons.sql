CREATE TABLE icon_mapping (id INTEGER PRIMARY KEY, page_url LONGVARCHAR, icon_id INTEGER);
CREATE TABLE favicons (id INTEGER PRIMARY KEY, url LONGVARCHAR, icon_type INTEGER);
CREATE TABLE favicon_bitmaps (id INTEGER PRIMARY KEY, icon_id INTEGER, last_updated INTEGER, last_requested INTEGER);
INSERT INTO icon_mapping VALUES (1, 'https://page.example/x', 1), (2, 'https://other.example/', 9);
INSERT INTO favicons VALUES (1, 'https://icons.example/i.ico', 1);
INSERT INTO favicon_bitmaps VALUES (1, 1, 0, 13412505600000000), (2, 1, NULL, 0);
