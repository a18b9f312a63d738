-- until iOS 11: allowed, and no time
CREATE TABLE access (service TEXT, client TEXT, client_type INTEGER, allowed INTEGER, prompt_count INTEGER);
INSERT INTO access VALUES ('kTCCServiceAddressBook', 'com.example.app', 0, 1, 1);
