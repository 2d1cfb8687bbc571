-- How many files of each state a library has, kept with every change of `files`, so that
-- nobody counts them. A backend adds to rows of its own (by its number), because one row a
-- library would make every two transactions wait for each other; readers add them up.
CREATE TABLE file_counts (
  library_id bigint NOT NULL,
  state      smallint NOT NULL,
  slot       smallint NOT NULL,
  files      bigint NOT NULL,  -- may be negative: another slot then has more
  PRIMARY KEY (library_id, state, slot)
) WITH (fillfactor = 50);

INSERT INTO file_counts SELECT library_id, state, 0, count(*) FROM files GROUP BY 1, 2;

CREATE FUNCTION count_files() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  own CONSTANT smallint := pg_backend_pid() % 256;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO file_counts AS c
    SELECT library_id, state, own, count(*) FROM added GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (library_id, state, slot) DO UPDATE SET files = c.files + excluded.files;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO file_counts AS c
    SELECT library_id, state, own, -count(*) FROM gone GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (library_id, state, slot) DO UPDATE SET files = c.files + excluded.files;
  ELSE
    INSERT INTO file_counts AS c
    SELECT library_id, state, own, sum(n)
    FROM (SELECT library_id, state, 1 AS n FROM added
          UNION ALL SELECT library_id, state, -1 FROM gone) AS changed
    GROUP BY 1, 2 HAVING sum(n) <> 0 ORDER BY 1, 2
    ON CONFLICT (library_id, state, slot) DO UPDATE SET files = c.files + excluded.files;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER files_added AFTER INSERT ON files
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_files();
CREATE TRIGGER files_gone AFTER DELETE ON files
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_files();
CREATE TRIGGER files_changed AFTER UPDATE ON files
  REFERENCING OLD TABLE AS gone NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION count_files();

-- Nobody looks for READY files by their state, so becoming READY needs no index entry.
DROP INDEX files_state;
CREATE INDEX files_pending ON files (library_id, changed_sequence) WHERE state = 2;
CREATE INDEX files_failed ON files (library_id, left(path, 512)) WHERE state = 3;
