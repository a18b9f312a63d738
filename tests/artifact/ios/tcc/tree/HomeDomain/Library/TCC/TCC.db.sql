CREATE TABLE access (service TEXT, client TEXT, client_type INTEGER, auth_value INTEGER, auth_reason INTEGER, indirect_object_identifier TEXT, last_modified INTEGER, PRIMARY KEY (service, client, client_type));
CREATE TABLE expired (service TEXT, client TEXT, client_type INTEGER, csreq BLOB, last_modified INTEGER, expired_at INTEGER, PRIMARY KEY (service, client, client_type));
INSERT INTO access VALUES ('kTCCServiceCamera', 'com.example.camera', 0, 2, 2, 'UNUSED', 1768032000), ('kTCCServiceMicrophone', '/usr/libexec/toold', 1, 2, 6, 'UNUSED', 1768032001);
INSERT INTO expired VALUES ('kTCCServicePhotos', 'org.example.gone', 0, NULL, 1768032002, 1768032003);
