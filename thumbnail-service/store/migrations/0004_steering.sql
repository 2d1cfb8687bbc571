-- What people decide while it runs.
ALTER TABLE libraries ADD COLUMN paused boolean NOT NULL DEFAULT false;

-- One row: what holds for all libraries.
CREATE TABLE service_state (
  id             smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  paused         boolean NOT NULL DEFAULT false,
  -- The recipes were changed, and not every file that lacks a thumbnail has been queued yet.
  recipes_changed boolean NOT NULL DEFAULT false
);
INSERT INTO service_state DEFAULT VALUES;

-- A listing missed so many files at once that their removal waits for a person's word.
ALTER TABLE files ADD COLUMN held boolean NOT NULL DEFAULT false;
CREATE INDEX files_held ON files (library_id) WHERE held;

-- How a content's thumbnails came about, for ExplainFile.
ALTER TABLE contents ADD COLUMN rendered_by text NOT NULL DEFAULT '';
ALTER TABLE contents ADD COLUMN read_us bigint NOT NULL DEFAULT 0;
ALTER TABLE contents ADD COLUMN render_us bigint NOT NULL DEFAULT 0;
CREATE INDEX thumbnails_recipe ON thumbnails (recipe_id);
