CREATE TABLE ZSHORTCUT (Z_PK INTEGER PRIMARY KEY, ZNAME VARCHAR, ZCREATIONDATE TIMESTAMP, ZMODIFICATIONDATE TIMESTAMP, ZACTIONSDESCRIPTION VARCHAR);
CREATE TABLE ZSHORTCUTACTIONS (Z_PK INTEGER PRIMARY KEY, ZSHORTCUT INTEGER, ZDATA BLOB);
INSERT INTO ZSHORTCUT VALUES (1, 'Call home', 789724800, 789724800+1, NULL), (2, NULL, NULL, NULL, NULL), (3, 'Broken', 789724800, 789724800, NULL);
INSERT INTO ZSHORTCUTACTIONS VALUES (1, 1, CAST('<?xml version="1.0"?><plist version="1.0"><array><dict><key>WFWorkflowActionIdentifier</key><string>is.workflow.actions.url</string><key>WFWorkflowActionParameters</key><dict><key>WFURLActionURL</key><string>https://call.example/home</string></dict></dict></array></plist>' AS BLOB)), (3, 3, x'00112233');
