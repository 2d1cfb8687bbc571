-- A verdict stands as long as there is a replica with the decoder that reached it, so each tells
-- which one it has.
ALTER TABLE replicas ADD COLUMN decoder_version text NOT NULL DEFAULT '';

-- Of those before the bytes were read it was not written down who reached them.
UPDATE failures SET decoder_version = 'hestia-4'
WHERE file_id IS NOT NULL AND decoder_version = '' AND code NOT IN ('UNREADABLE', 'REPLICA_DIED');

-- Those of past decoders are looked for again and again, and as a rule there are none. Verdicts that
-- no decoder reached ('': a file may not be read) are not among them.
CREATE INDEX failures_decoder ON failures (decoder_version) WHERE decoder_version <> '';
