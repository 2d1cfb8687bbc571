-- The tables of the first release. One statement of truth per fact:
--   files       what lies on the disk, one row per path, nothing else
--   contents    distinct bytes, however many files have them
--   thumbnails  content x recipe
--   jobs        "file F at version V", at most one row per file

CREATE TABLE libraries (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name            text COLLATE "C" NOT NULL UNIQUE,
  -- What the watcher said last: SCANNING, WATCHING, DEGRADED, ROOT_UNAVAILABLE; DETACHED
  -- when it names the library no more.
  state           text NOT NULL,
  -- The feed's position up to which `files` is true. 64 unsigned bits kept in signed ones.
  cursor_epoch    bigint,
  cursor_sequence bigint,
  -- A listing of the root is being ingested.
  listing         boolean NOT NULL DEFAULT false
);

CREATE TABLE replicas (
  id              text COLLATE "C" PRIMARY KEY,
  name            text NOT NULL,
  started_at      timestamptz NOT NULL DEFAULT now(),
  heartbeat_at    timestamptz NOT NULL DEFAULT now(),
  completed_jobs  bigint NOT NULL DEFAULT 0,
  failed_jobs     bigint NOT NULL DEFAULT 0,
  retried_jobs    bigint NOT NULL DEFAULT 0,
  rendered_images bigint NOT NULL DEFAULT 0,
  active_workers  integer NOT NULL DEFAULT 0,
  workers         integer NOT NULL DEFAULT 0,
  throughput      double precision NOT NULL DEFAULT 0,
  processing_us   bigint NOT NULL DEFAULT 0,
  problem         text NOT NULL DEFAULT ''
);

-- Who ingests a library. The token rises with every owner; an ingest transaction first
-- locks its row by token, so an owner of the past cannot write.
CREATE TABLE library_leases (
  library_id bigint PRIMARY KEY REFERENCES libraries ON DELETE CASCADE,
  token      bigint NOT NULL,
  replica_id text NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE TABLE recipes (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Everything that decides the bytes; part of a thumbnail's identity through `id`.
  specification text COLLATE "C" NOT NULL UNIQUE,
  name          text COLLATE "C" NOT NULL,
  -- name=box:format:quality:effort, as the setting writes it.
  definition    text NOT NULL,
  is_current    boolean NOT NULL
);
CREATE UNIQUE INDEX recipes_current_name ON recipes (name) WHERE is_current;

CREATE TABLE contents (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest     bytea NOT NULL,   -- XXH3-128, canonical byte order
  size_bytes bigint NOT NULL,
  width_px   integer NOT NULL, -- 0 while unknown
  height_px  integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (digest, size_bytes)
);

CREATE TABLE thumbnails (
  content_id bigint NOT NULL REFERENCES contents ON DELETE CASCADE,
  recipe_id  bigint NOT NULL REFERENCES recipes,
  media_type text NOT NULL,
  width_px   integer NOT NULL,
  height_px  integer NOT NULL,
  data       bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (content_id, recipe_id)
);
-- Encoded images do not compress: trying costs a fifth of the insert.
ALTER TABLE thumbnails ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE files (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  library_id       bigint NOT NULL REFERENCES libraries ON DELETE CASCADE,
  path             text COLLATE "C" NOT NULL,
  -- A path may be longer than a B-tree entry, so its hash stands for it.
  path_hash        bytea NOT NULL,
  size_bytes       bigint NOT NULL,
  mtime_ns         bigint NOT NULL,
  inode            bigint NOT NULL,
  -- Rises with every change of the file's bytes or metadata.
  version          bigint NOT NULL DEFAULT 1,
  -- The bytes of `version`; null while they were not read.
  content_id       bigint REFERENCES contents,
  -- 1 READY, 2 PENDING (has a job), 3 FAILED (has a verdict).
  state            smallint NOT NULL CHECK (state BETWEEN 1 AND 3),
  -- Sequence of the change that made `version`; 0 when a listing told it.
  changed_sequence bigint NOT NULL,
  -- Passed over by the listing being ingested.
  marked           boolean NOT NULL DEFAULT false,
  UNIQUE (library_id, path_hash)
);
CREATE INDEX files_order    ON files (library_id, left(path, 512));
CREATE INDEX files_identity ON files (library_id, inode, size_bytes, mtime_ns);
CREATE INDEX files_content  ON files (content_id);
CREATE INDEX files_state    ON files (library_id, state);
CREATE INDEX files_marked   ON files (library_id) WHERE marked;

-- Identities of files that are gone or changed, for a grace period: a file that comes back
-- or turns up elsewhere takes its content over from here, and the content lives as long.
CREATE TABLE removed_files (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  library_id bigint NOT NULL REFERENCES libraries ON DELETE CASCADE,
  -- Null when a writer kept size and time but may have changed the bytes.
  inode      bigint,
  size_bytes bigint NOT NULL,
  mtime_ns   bigint NOT NULL,
  content_id bigint NOT NULL REFERENCES contents ON DELETE CASCADE,
  removed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX removed_files_identity ON removed_files (library_id, inode, size_bytes, mtime_ns);
CREATE INDEX removed_files_content  ON removed_files (content_id);
CREATE INDEX removed_files_age      ON removed_files (removed_at);

CREATE SEQUENCE claim_tokens;

CREATE TABLE jobs (
  file_id         bigint PRIMARY KEY REFERENCES files ON DELETE CASCADE,
  library_id      bigint NOT NULL,
  wanted_version  bigint NOT NULL,
  -- Microseconds of time plus the class's offset: smaller is sooner.
  order_key       bigint NOT NULL,
  run_after       timestamptz NOT NULL DEFAULT '-infinity',
  attempts        integer NOT NULL DEFAULT 0,  -- that count against the file
  tries           integer NOT NULL DEFAULT 0,  -- all that were handed back
  last_error      text NOT NULL DEFAULT '',
  claim_token     bigint,
  claimed_by      text,
  claimed_version bigint,
  claimed_at      timestamptz
);
CREATE INDEX jobs_waiting ON jobs (library_id, order_key) WHERE claim_token IS NULL;
CREATE INDEX jobs_claimed ON jobs (claimed_by) WHERE claim_token IS NOT NULL;

-- Verdicts: keyed by the bytes when they could be read, by file and version otherwise.
CREATE TABLE failures (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  content_id      bigint UNIQUE REFERENCES contents ON DELETE CASCADE,
  decoder_version text NOT NULL DEFAULT '',
  file_id         bigint UNIQUE REFERENCES files ON DELETE CASCADE,
  file_version    bigint,
  code            text NOT NULL,
  detail          text NOT NULL,
  attempts        integer NOT NULL,
  failed_at       timestamptz NOT NULL DEFAULT now(),
  CHECK ((content_id IS NULL) <> (file_id IS NULL))
);
