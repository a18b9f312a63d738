CREATE TABLE urls (id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR, visit_count INTEGER, last_visit_time INTEGER);
CREATE TABLE visits (id INTEGER PRIMARY KEY, url INTEGER, visit_time INTEGER, from_visit INTEGER, transition INTEGER);
CREATE TABLE downloads (id INTEGER PRIMARY KEY, target_path TEXT, start_time INTEGER);
CREATE TABLE downloads_url_chains (id INTEGER, chain_index INTEGER, url LONGVARCHAR);
INSERT INTO urls VALUES (1, 'https://chrome.example/', 'Page', 1, 13412505600000000), (2, 'https://cleared.example/', 'No visit left', 1, 13412505601000000);
INSERT INTO visits VALUES (1, 1, 13412505600250000, 0, 805306368), (2, 99, 13412505600500000, 1, 0);
INSERT INTO downloads VALUES (1, '/private/var/mobile/Documents/file.zip', 13412505602000000);
INSERT INTO downloads_url_chains VALUES (1, 0, 'https://dl.example/go'), (1, 1, 'https://cdn.example/file.zip');
