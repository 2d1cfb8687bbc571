-- Who lives is judged by what moves and by locks that end with their session, never by
-- comparing the clocks of two machines.
ALTER TABLE replicas ADD COLUMN beats bigint NOT NULL DEFAULT 1;  -- rises with each heartbeat

-- Replicas that died while they held this job at `crashed_version`; apart from attempts,
-- since most of them were killed by something else. Such a job runs alone; see jobs/.
ALTER TABLE jobs ADD COLUMN crashes integer NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN crashed_version bigint NOT NULL DEFAULT 0;
CREATE INDEX jobs_suspect ON jobs (library_id, order_key) WHERE crashes > 0;
