#!/usr/bin/env bash
# deploy/postgres.sh: a private PostgreSQL that starts, stops and gets over accidents.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
# shellcheck source=tests/deploy/expect.sh
. "$here/expect.sh"

scratch=$(mktemp -d)
chmod 711 "$scratch"  # so that root's PostgreSQL, the user postgres, may pass
state="$scratch/a state"
long=$scratch/$(printf 'l%.0s' {1..110})
trap '"$repo/deploy/postgres.sh" stop "$state"; "$repo/deploy/postgres.sh" stop "$long"; rm -rf "$scratch"' EXIT
postgres() { "$repo/deploy/postgres.sh" "$@"; }
# PostgreSQL's workers notice the death of their server by themselves.
workers_are_left() {
  local cwd
  for cwd in /proc/[0-9]*/cwd; do
    [ "$(readlink "$cwd" 2>/dev/null)" != "$(realpath "$state/pg")" ] || return 0
  done
  return 1
}
ask() { psql -X -q -At -v ON_ERROR_STOP=1 "$1" -c "$2"; }

echo "It starts in a private folder and is reached through its URL alone"
url=$(postgres start "$state")
expect_equal "the role" hestia "$(ask "$url" 'SELECT current_user')"
expect_equal "TCP" "" "$(ask "$url" 'SHOW listen_addresses')"
expect_equal "fsync" on "$(ask "$url" 'SHOW fsync')"
expect_equal "encoding" UTF8 "$(ask "$url" 'SHOW server_encoding')"
ask "$url" 'CREATE TABLE kept (number int); INSERT INTO kept VALUES (42)'

echo "A second start changes nothing"
expect_equal "the URL" "$url" "$(postgres start "$state")"

echo "It stops, and stopping twice is no error"
postgres stop "$state"
expect_exit 1 postgres status "$state"
postgres stop "$state"

echo "A pid file whose number belongs to somebody else now is no obstacle"
printf '%s\n' $$ "$state/pg" 1 5432 "$state/pg.socket" >"$state/pg/postmaster.pid"
if [ "$(id -u)" = 0 ]; then chown postgres:postgres "$state/pg/postmaster.pid"; fi
expect_exit 1 postgres status "$state"
url=$(postgres start "$state")
expect_equal "the data" 42 "$(ask "$url" 'SELECT number FROM kept')"

echo "A killed server comes back with its data"
kill -KILL "$(head -n 1 "$state/pg/postmaster.pid")"
while workers_are_left; do :; done
url=$(postgres start "$state")
expect_equal "the data" 42 "$(ask "$url" 'SELECT number FROM kept')"
postgres stop "$state"

echo "A database that was half made is made anew, in a folder too long for a socket"
mkdir -p "$long/pg.new"
touch "$long/pg.new/PG_VERSION"
message=$(postgres start "$long" 2>&1 >"$scratch/url")
expect_contains "the message" "making it anew" "$message"
expect_equal "an answer" 1 "$(ask "$(<"$scratch/url")" 'SELECT 1')"
socket_folder=$(<"$long/pg.socket.path")
postgres stop "$long"
[ ! -e "$socket_folder" ] || fail "$socket_folder is left behind"

echo "A folder that holds something else is left alone"
mkdir -p "$scratch/other/pg"
expect_exit 1 postgres start "$scratch/other"
expect_contains "the message" "no PostgreSQL data folder" "$output"
