-- An image smaller than several boxes gives the same bytes for each. They are stored once: by one
-- recipe's row, which the others' rows name.
ALTER TABLE thumbnails ALTER COLUMN data DROP NOT NULL;
ALTER TABLE thumbnails ADD COLUMN shares_recipe_id bigint;
-- Whoever would delete bytes that are shared fails instead.
ALTER TABLE thumbnails ADD FOREIGN KEY (content_id, shares_recipe_id) REFERENCES thumbnails;
ALTER TABLE thumbnails ADD CHECK ((data IS NULL) = (shares_recipe_id IS NOT NULL));

-- What to read: every thumbnail with its bytes, wherever they lie.
CREATE VIEW thumbnail_images AS
  SELECT n.content_id, n.recipe_id, n.media_type, n.width_px, n.height_px,
         coalesce(n.data, s.data) AS data, n.created_at, n.shares_recipe_id
  FROM thumbnails n
  LEFT JOIN thumbnails s ON s.content_id = n.content_id AND s.recipe_id = n.shares_recipe_id;

-- While a database is being filled, the planner still believes in a handful of thumbnails, and
-- then any index of theirs is as good as another to it. So each names both keys: whichever it
-- takes, one thumbnail is found by one descent.
CREATE INDEX thumbnails_recipe_content ON thumbnails (recipe_id, content_id);
DROP INDEX thumbnails_recipe;

-- Few jobs are claimed at a time, so they need no order; a replica's name in every entry was a
-- third of what a claim wrote.
CREATE INDEX jobs_in_work ON jobs (file_id) WHERE claim_token IS NOT NULL;
DROP INDEX jobs_claimed;
