CREATE TABLE ObservedDomains (domainID INTEGER PRIMARY KEY, registrableDomain TEXT, lastSeen REAL, hadUserInteraction INTEGER, mostRecentUserInteractionTime REAL, isPrevalent INTEGER);
CREATE TABLE TopFrameUniqueRedirectsTo (sourceDomainID INTEGER, toDomainID INTEGER);
INSERT INTO ObservedDomains VALUES (1, 'seen.example', 1768032000, 1, 1768032005, 0), (2, 'target.example', 1768032010, 0, -1.0, 1);
INSERT INTO TopFrameUniqueRedirectsTo VALUES (1, 2);
