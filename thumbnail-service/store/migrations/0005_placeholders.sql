-- What can be shown of an image before its thumbnail is there. Null where the image was last
-- rendered by a release that made none; the next render brings them.
ALTER TABLE contents ADD COLUMN thumbhash bytea;
ALTER TABLE contents ADD COLUMN dominant_rgb integer;  -- 0xRRGGBB; null when it is invisible, too
