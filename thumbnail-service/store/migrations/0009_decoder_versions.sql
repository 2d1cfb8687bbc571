-- A verdict stands as long as there is a replica with the decoder that reached it, so each tells
-- which one it has.
ALTER TABLE replicas ADD COLUMN decoder_version text NOT NULL DEFAULT '';

-- Those of past decoders are looked for again and again, and as a rule there are none. Verdicts that
-- no decoder reached ('': a file may not be read) are not among them.
CREATE INDEX failures_decoder ON failures (decoder_version) WHERE decoder_version <> '';
