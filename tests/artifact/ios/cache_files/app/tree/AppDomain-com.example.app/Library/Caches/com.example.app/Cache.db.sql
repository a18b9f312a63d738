CREATE TABLE cfurl_cache_response (entry_ID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, version INTEGER, hash_value INTEGER, storage_policy INTEGER, request_key TEXT UNIQUE, time_stamp NOT NULL DEFAULT CURRENT_TIMESTAMP);
INSERT INTO cfurl_cache_response VALUES (1, 0, -5, 0, 'https://a.example/', '2026-01-10 08:00:00');
