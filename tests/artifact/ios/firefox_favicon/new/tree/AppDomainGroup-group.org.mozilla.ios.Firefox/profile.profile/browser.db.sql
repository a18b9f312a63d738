CREATE TABLE pinned_top_sites (historyID INTEGER PRIMARY KEY, url TEXT);
CREATE TABLE queue (url TEXT, title TEXT);
