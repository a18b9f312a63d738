CREATE TABLE bookmarks (id INTEGER PRIMARY KEY, parent INTEGER, title TEXT, url TEXT, last_modified REAL, date_closed REAL, deleted INTEGER, extra_attributes BLOB, local_attributes BLOB);
INSERT INTO bookmarks VALUES (1, 0, 'Private', NULL, NULL, NULL, 0, NULL, NULL),
  (2, 1, 'Hidden', 'https://private.example/', 789724800, NULL, 0, NULL, CAST('<?xml version="1.0"?><plist version="1.0"><dict><key>LastVisitTime</key><real>789724800.5</real><key>OpenedFromLink</key><true/></dict></plist>' AS BLOB)),
  (3, 0, 'Closed', 'https://closed.example/', 789724800+1, 789724800+2, 1, CAST('<?xml version="1.0"?><plist version="1.0"><dict><key>DateLastViewed</key><date>2026-01-10T08:00:03Z</date></dict></plist>' AS BLOB), NULL);
