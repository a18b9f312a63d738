CREATE TABLE Calendar (ROWID INTEGER PRIMARY KEY, title TEXT, external_id TEXT, subcal_url TEXT, shared_owner_address TEXT);
CREATE TABLE Participant (ROWID INTEGER PRIMARY KEY, owner_id INTEGER, email TEXT, phone_number TEXT, comment TEXT, role INTEGER, status INTEGER, is_self INTEGER, last_modified REAL);
CREATE TABLE CalendarItem (ROWID INTEGER PRIMARY KEY, summary TEXT, description TEXT, start_date REAL, end_date REAL, all_day INTEGER, calendar_id INTEGER, organizer_id INTEGER, url TEXT, conference_url TEXT, creation_date REAL, last_modified REAL, hidden INTEGER, invitation_status INTEGER, UUID TEXT, external_id TEXT);
CREATE TABLE Identity (ROWID INTEGER PRIMARY KEY, display_name TEXT, address TEXT);
INSERT INTO Calendar VALUES (1, 'Home', NULL, NULL, NULL), (2, 'Spam', NULL, 'webcal://cal.example/a.ics', 'mailto:Boss@Mail.example');
INSERT INTO Participant VALUES (1, 1, 'Organizer@Mail.example', NULL, NULL, 1, 1, 0, 789724800), (2, 1, NULL, '+1 555 0101', 'bring note.example', 2, 0, 0, NULL);
INSERT INTO CalendarItem VALUES (1, 'Meeting', 'Notes', 789724800, 789724800+3600, 0, 1, 1, 'https://url.example/', 'https://conf.example/j', 789724800-86400, 789724800, 0, 3, 'U1', NULL), (2, NULL, NULL, 789724800+1, NULL, 1, 1, NULL, NULL, NULL, NULL, NULL, 0, 0, 'U2', NULL);
INSERT INTO Identity VALUES (1, 'Owner', 'mailto:owner@mail.example');
