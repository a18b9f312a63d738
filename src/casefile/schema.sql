-- A case: everything said about one check of one or several pieces of evidence.
-- docs/case-file.md explains each table. casefile_open() compares this text word for word.
CREATE TABLE evidence (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, source TEXT NOT NULL, sha256 TEXT, bytes INTEGER,
  encrypted INTEGER NOT NULL, confinement TEXT NOT NULL,
  device TEXT NOT NULL, taken_ns INTEGER,
  notes TEXT NOT NULL, damage TEXT NOT NULL) STRICT;
CREATE TABLE coverage (
  id INTEGER PRIMARY KEY, evidence_id INTEGER NOT NULL REFERENCES evidence, artifact TEXT NOT NULL,
  title TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'read',
  'partial', 'failed', 'locked', 'absent', 'not-applicable', 'skipped')),
  reason TEXT NOT NULL DEFAULT '', files INTEGER NOT NULL DEFAULT 0, records INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0, lost INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
  first_ns INTEGER, last_ns INTEGER, ms INTEGER, peak_kib INTEGER,
  holds TEXT NOT NULL CHECK (holds IN ('span', 'state')), can_show INTEGER NOT NULL,
  expected INTEGER NOT NULL, found_in INTEGER NOT NULL, process_cut INTEGER NOT NULL,
  types INTEGER NOT NULL DEFAULT 0, UNIQUE (evidence_id, artifact)) STRICT;
CREATE TABLE file (
  id INTEGER PRIMARY KEY, evidence_id INTEGER NOT NULL REFERENCES evidence, path TEXT NOT NULL,
  container TEXT NOT NULL, domain TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT) STRICT;
CREATE TABLE record (
  id INTEGER PRIMARY KEY, coverage_id INTEGER NOT NULL REFERENCES coverage,
  file_id INTEGER NOT NULL REFERENCES file, place INTEGER NOT NULL, name TEXT NOT NULL,
  n INTEGER NOT NULL, state INTEGER NOT NULL, time_ns INTEGER, precision INTEGER NOT NULL,
  times TEXT NOT NULL, fields TEXT NOT NULL, first_sighting INTEGER NOT NULL) STRICT;
CREATE TABLE span (
  coverage_id INTEGER NOT NULL REFERENCES coverage, first_record INTEGER NOT NULL,
  last_record INTEGER NOT NULL, PRIMARY KEY (coverage_id, first_record)) STRICT, WITHOUT ROWID;
CREATE TABLE skip (
  id INTEGER PRIMARY KEY, coverage_id INTEGER NOT NULL REFERENCES coverage, file_id INTEGER,
  place INTEGER NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, why TEXT NOT NULL) STRICT;
CREATE TABLE observable (id INTEGER PRIMARY KEY, type TEXT NOT NULL, value TEXT NOT NULL) STRICT;
CREATE TABLE sighting (
  id INTEGER PRIMARY KEY, record_id INTEGER NOT NULL REFERENCES record,
  observable_id INTEGER NOT NULL REFERENCES observable, field TEXT NOT NULL,
  exposure INTEGER NOT NULL) STRICT;
CREATE TABLE indicator_set (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, publisher TEXT, licence TEXT, url TEXT,
  sha256 TEXT NOT NULL, published_ns INTEGER, loaded INTEGER NOT NULL, rejected INTEGER NOT NULL,
  by_type TEXT NOT NULL, remarks TEXT NOT NULL)
  STRICT;
CREATE TABLE indicator (
  id INTEGER PRIMARY KEY, set_id INTEGER NOT NULL REFERENCES indicator_set, ref TEXT NOT NULL,
  type TEXT NOT NULL, value TEXT NOT NULL, published TEXT NOT NULL, family TEXT,
  family_class TEXT NOT NULL, confidence INTEGER, created_ns INTEGER,
  UNIQUE (set_id, ref, type, value)) STRICT;
CREATE TABLE finding (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, evidence_id INTEGER NOT NULL REFERENCES evidence,
  artifact TEXT NOT NULL, observable_id INTEGER REFERENCES observable, rule TEXT NOT NULL,
  how TEXT NOT NULL, severity INTEGER NOT NULL, confidence INTEGER NOT NULL,
  exposure INTEGER NOT NULL, time_ns INTEGER, precision INTEGER NOT NULL, subject TEXT NOT NULL,
  family_class TEXT, UNIQUE (evidence_id, key)) STRICT;
CREATE TABLE finding_record (
  finding_id INTEGER NOT NULL REFERENCES finding, record_id INTEGER NOT NULL REFERENCES record,
  field TEXT NOT NULL, PRIMARY KEY (finding_id, record_id)) STRICT, WITHOUT ROWID;
CREATE TABLE finding_indicator (
  finding_id INTEGER NOT NULL REFERENCES finding, indicator_id INTEGER NOT NULL REFERENCES indicator,
  how TEXT NOT NULL, PRIMARY KEY (finding_id, indicator_id)) STRICT, WITHOUT ROWID;
CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE log (
  id INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  detail TEXT NOT NULL, chain TEXT NOT NULL) STRICT;
