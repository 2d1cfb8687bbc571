#!/usr/bin/env bash
# deploy/up.sh and down.sh with the real programs: up_down_test.sh BUILD_FOLDER
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
programs=$1/tests
# shellcheck source=tests/deploy/expect.sh
. "$here/expect.sh"

scratch=$(mktemp -d)
chmod 711 "$scratch"  # so that root's PostgreSQL, the user postgres, may pass
state=$scratch/state
photos="$scratch/my photos"
trap '"$repo/deploy/down.sh" --state "$state" >/dev/null 2>&1; rm -rf "$scratch"' EXIT
up() { "$repo/deploy/up.sh" --state "$state" "$@"; }
down() { "$repo/deploy/down.sh" --state "$state"; }
ask() { psql -X -q -At "$HESTIA_DATABASE_URL" -c "$1"; }
read_endpoints() {
  # shellcheck source=/dev/null
  . "$state/endpoints.env"
}
# "files TOTAL READY FAILED PENDING"
files() { "$programs/replica-stats" --thumbnail_address="$HESTIA_THUMBNAIL_ADDRESS" "$@" | tail -n 1; }
# Everything whose command line or working folder is in the state folder.
processes_of_state() {
  local process
  for process in /proc/[0-9]*; do
    [ "${process##*/}" != $$ ] || continue
    if [[ $(readlink "$process/cwd" 2>/dev/null) == "$state"* ]] ||
      tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -qF -- "=$state/"; then
      echo "${process##*/} $(tr '\0' ' ' <"$process/cmdline")"
    fi
  done 2>/dev/null
}
await_foreground() {
  grep -q -m 1 "Ctrl-C stops everything" \
    < <(tail -n +1 -f --pid=$foreground "$scratch/foreground.log") ||
    fail "up.sh ended early: $(<"$scratch/foreground.log")"
}

"$programs/make-images" --folder="$photos/2024 trip" --count=12 --side_px=400
echo "this is no image" >"$photos/notes.txt"

echo "A detached run returns when the first scan is done"
expect_exit 0 up --detach --replicas 2 "$photos"
expect_contains "progress" "12 ready, 1 failed" "$output"
expect_contains "calls to try" "\"path\":\"2024 trip/image-" "$output"
expect_equal "mode of endpoints.env" 600 "$(stat -c %a "$state/endpoints.env")"
read_endpoints
expect_equal "rows by SQL" 13 "$(ask 'SELECT count(*) FROM files')"
expect_equal "files by RPC" "files 13 12 1 0" "$(files)"
expect_equal "replicas in endpoints.env" 2 "$(wc -w <<<"$HESTIA_THUMBNAIL_ADDRESSES")"
for address in $HESTIA_WATCHER_ADDRESS $HESTIA_THUMBNAIL_ADDRESSES; do
  "$repo/build/release/bin/hestia-probe" --address="$address"
done

echo "A second run on the same state is refused and disturbs nothing"
expect_exit 1 up --detach "$photos"
expect_contains "the refusal" "already runs" "$output"
expect_equal "files afterwards" "files 13 12 1 0" "$(files)"

echo "A new image is rendered without being asked for"
"$programs/make-images" --folder="$photos" --first=100 --count=1 --side_px=400
expect_equal "files" "files 14 13 1 0" "$(files --until_ready=13)"

echo "down.sh leaves no process behind"
expect_exit 0 down
expect_equal "processes" "" "$(processes_of_state)"
[ ! -e "$state/endpoints.env" ] || fail "endpoints.env tells of a run that is over"
expect_exit 0 down
expect_contains "down.sh again" "Nothing runs" "$output"

echo "The next run goes on with the same database and folders, and renders nothing anew"
expect_exit 0 up --detach
read_endpoints
expect_equal "files" "files 14 13 1 0" "$(files)"
expect_equal "rendered anew" 0 \
  "$("$programs/replica-stats" --thumbnail_address="$HESTIA_THUMBNAIL_ADDRESS" | awk '/^replica/ { sum += $3 } END { print sum }')"

echo "A run whose processes were killed can be started again"
for name in watcher-service thumbnail-service-1; do kill -KILL "$(<"$state/$name.pid")"; done
kill -KILL "$(head -n 1 "$state/pg/postmaster.pid")"
expect_exit 0 up --detach "$photos"
read_endpoints
expect_equal "files" "files 14 13 1 0" "$(files)"
down >/dev/null

echo "In the foreground, a stop signal stops everything in order"
"$repo/deploy/up.sh" --state "$state" --replicas 3 "$photos" >"$scratch/foreground.log" 2>&1 &
foreground=$!
await_foreground
kill -TERM $foreground
wait $foreground || fail "up.sh ended with $? after a stop signal: $(<"$scratch/foreground.log")"
! grep "did not end" "$scratch/foreground.log" || fail "a service crashed while it stopped"
expect_equal "processes" "" "$(processes_of_state)"

echo "down.sh ends a run in the foreground, too"
"$repo/deploy/up.sh" --state "$state" "$photos" >"$scratch/foreground.log" 2>&1 &
foreground=$!
await_foreground
expect_exit 0 down
wait $foreground || fail "up.sh ended with $?"
expect_equal "processes" "" "$(processes_of_state)"

echo "A service that cannot start is told with its log, and nothing stays behind"
expect_exit 1 env HESTIA_LOG_LEVEL=nonsense "$repo/deploy/up.sh" --state "$state" --detach "$photos"
expect_contains "the log's end" "nonsense" "$output"
expect_equal "processes" "" "$(processes_of_state)"
