-- What is missing of an image that was rendered all the same (setting damaged_files); for people.
ALTER TABLE contents ADD COLUMN damage text NOT NULL DEFAULT '';
