-- While some session keeps an old transaction open, PostgreSQL keeps all former states of a row, and
-- whoever looks it up by its key passes each of them. So what is done for every job looks up by
-- what has no former states: a claim by its token, which no two ever shared, and its file by where
-- the row lay when the job was queued.
--
-- The columns stand in the order of their alignment: a claim writes the whole row, and 16 of its
-- 152 bytes were padding. Half of each page is left for the claimed states of the rows in it: one that
-- has to go to another page costs a record more, and is written whole.
-- In the order of the replicas that may be at work: the other way round each would wait for the other.
LOCK TABLE files, jobs IN ACCESS EXCLUSIVE MODE;
ALTER TABLE jobs RENAME TO jobs_before;
ALTER TABLE jobs_before RENAME CONSTRAINT jobs_pkey TO jobs_before_pkey;

CREATE TABLE jobs (
  file_id         bigint PRIMARY KEY,
  library_id      bigint NOT NULL,
  wanted_version  bigint NOT NULL,
  -- Microseconds of time plus the class's offset: smaller is sooner.
  order_key       bigint NOT NULL,
  run_after       timestamptz NOT NULL DEFAULT '-infinity',
  claim_token     bigint,
  claimed_version bigint,
  claimed_at      timestamptz,
  crashed_version bigint NOT NULL DEFAULT 0,
  -- Replicas that died while they held this job at `crashed_version`; apart from attempts,
  -- since most of them were killed by something else. Such a job runs alone; see jobs/.
  crashes         integer NOT NULL DEFAULT 0,
  attempts        integer NOT NULL DEFAULT 0,  -- that count against the file
  tries           integer NOT NULL DEFAULT 0,  -- all that were handed back
  -- Where the file's row lay (ctid). A hint: the row may have been written elsewhere since, and
  -- another may lie there; the id decides. Null: look by the id.
  file_place      tid,
  last_error      text NOT NULL DEFAULT '',
  claimed_by      text
) WITH (fillfactor = 50);
INSERT INTO jobs (file_id, library_id, wanted_version, order_key, run_after, claim_token,
                  claimed_version, claimed_at, crashed_version, crashes, attempts, tries,
                  last_error, claimed_by)
SELECT file_id, library_id, wanted_version, order_key, run_after, claim_token, claimed_version,
       claimed_at, crashed_version, crashes, attempts, tries, last_error, claimed_by
FROM jobs_before;
DROP TABLE jobs_before;
-- Now, so that all rows are checked at once instead of each by itself.
ALTER TABLE jobs ADD FOREIGN KEY (file_id) REFERENCES files ON DELETE CASCADE;

CREATE INDEX jobs_waiting ON jobs (library_id, order_key) WHERE claim_token IS NULL;
CREATE INDEX jobs_suspect ON jobs (library_id, order_key) WHERE crashes > 0;
CREATE UNIQUE INDEX jobs_claim_token ON jobs (claim_token) WHERE claim_token IS NOT NULL;
ANALYZE jobs;
