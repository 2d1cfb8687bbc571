#!/usr/bin/env bash
# A PostgreSQL of one's own: Debian's server, a data folder in a state folder, reachable
# through a Unix socket only. Works for an ordinary user and for root (as whom PostgreSQL
# refuses to run, so its files and processes then belong to the user postgres).
#
#   deploy/postgres.sh start STATE_DIR   start it, made first if need be; prints its URL
#   deploy/postgres.sh stop STATE_DIR    stop it; nothing happens when it does not run
#   deploy/postgres.sh status STATE_DIR  exit code 0 when it runs
#
# In STATE_DIR: pg (the data), pg.log, pg.socket (or, where that path is too long for a
# socket, pg.socket.path with the name of a shorter one).
set -euo pipefail

# shellcheck source=deploy/descriptors.sh
. "$(dirname "${BASH_SOURCE[0]}")/descriptors.sh"

readonly role=hestia database=hestia port=5432
readonly longest_socket_folder=93  # bytes; a socket's whole path must fit 107

die() {
  echo "postgres.sh: $*" >&2
  exit 1
}

# PostgreSQL takes these as settings of its own.
unset PGDATA PGHOST PGPORT PGUSER PGDATABASE PGOPTIONS PGPASSWORD PGPASSFILE PGSERVICE

# Runs a command as the owner of the database's files, in a folder that owner may be in, and
# without the caller's descriptors.
as_owner() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && close_other_descriptors && exec setpriv --reuid=postgres --regid=postgres --init-groups "$@")
  else
    (cd / && close_other_descriptors && exec "$@")
  fi
}

give_to_owner() {
  [ "$(id -u)" != 0 ] || chown postgres:postgres "$@"
}

# Folder with the server's programs: of the version that made the data, else the newest.
programs() {
  local version=
  local -a found=(/usr/lib/postgresql/*/bin)
  if [ -e "$state/pg/PG_VERSION" ]; then
    version=$(<"$state/pg/PG_VERSION")
    found=("/usr/lib/postgresql/$version/bin")
  else
    mapfile -t found < <(printf '%s\n' "${found[@]}" | sort -V)
  fi
  [ -x "${found[-1]}/postgres" ] ||
    die "PostgreSQL ${version:+$version }is not installed; run deploy/packages.sh run" \
      "${version:+(the data in $state/pg was made by version $version)}"
  echo "${found[-1]}"
}

# Root's private folders (mode 0700, as mktemp makes them) are closed to the user postgres.
# Opening the state folder itself for passing through is enough nearly always; where a folder
# above it is closed too, the database lies in /var/lib/hestia and STATE/pg leads to it.
open_state_to_owner() {
  [ "$(id -u)" = 0 ] || return 0
  owner_may_enter_state || chmod o+x "$state"
  owner_may_enter_state || chmod o-x "$state"
}

owner_may_enter_state() { as_owner test -x "$state"; }

folder_for_data() {
  if owner_may_enter_state; then
    echo "$state"
  else
    mkdir -p /var/lib/hestia
    mktemp -d /var/lib/hestia/database.XXXXXX
  fi
}

# Made under another name and renamed when complete, so that pg is always whole.
make_cluster() {
  local bin=$1 folder data
  folder=$(folder_for_data)
  data=$folder/pg.new
  if [ -e "$data" ]; then
    echo "An earlier start was cut short while making the database; making it anew." >&2
    rm -rf "$data"
  fi
  echo "Making the database in $folder/pg" >&2
  [ "$folder" = "$state" ] || chmod 711 "$folder"
  mkdir -m 700 "$data"
  give_to_owner "$data"
  as_owner "$bin/initdb" -D "$data" -U $role -A trust -E UTF8 --locale=C.UTF-8 >"$state/initdb.log" 2>&1 ||
    die "initdb failed: $(tail -n 3 "$state/initdb.log")"
  echo "CREATE DATABASE $database OWNER $role" |
    as_owner "$bin/postgres" --single -D "$data" postgres >>"$state/initdb.log" 2>&1 ||
    die "cannot make the database $database: $(tail -n 3 "$state/initdb.log")"
  mv -T "$data" "$folder/pg"
  [ "$folder" = "$state" ] || ln -sfn "$folder/pg" "$state/pg"
  rm -f "$state/initdb.log"
}

# The postmaster's pid, when the process that wrote it is still there. A postmaster stands in
# its data folder, which tells it from a later process with its number.
postmaster() {
  local pid
  [ -s "$state/pg/postmaster.pid" ] || return 1
  read -r pid <"$state/pg/postmaster.pid"
  [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$(realpath "$state/pg")" ] || return 1
  echo "$pid"
}

# After a crash the old pid may belong to somebody else, for whom PostgreSQL would then wait.
# Its files may go only if no process, not even a worker left alone, is on the data.
drop_stale_pid_files() {
  local socket=$1 cwd data
  data=$(realpath "$state/pg")
  for cwd in /proc/[0-9]*/cwd; do
    [ "$(readlink "$cwd" 2>/dev/null)" != "$data" ] || return 0
  done
  rm -f "$data/postmaster.pid" "$socket/.s.PGSQL.$port.lock" "$socket/.s.PGSQL.$port"
}

# Where the socket lies: beside the data unless that is too long for a socket.
socket_folder() {
  local folder
  folder=$(dirname "$(realpath "$state/pg")")/pg.socket
  if [ "$(printf %s "$folder" | wc -c)" -gt $longest_socket_folder ]; then
    folder=$(cat "$state/pg.socket.path" 2>/dev/null || true)
    if [ ! -d "$folder" ]; then
      folder=$(mktemp -d /tmp/hestia.XXXXXX)
      echo "$folder" >"$state/pg.socket.path"
    fi
  fi
  mkdir -p "$folder"
  chmod 700 "$folder"
  give_to_owner "$folder"
  echo "$folder"
}

# In a URL every byte but the plainest is written %HH.
percent_encoded() {
  local LC_ALL=C text=$1 i byte
  for ((i = 0; i < ${#text}; i++)); do
    byte=${text:i:1}
    case $byte in
      [A-Za-z0-9/._~-]) printf %s "$byte" ;;
      *) printf '%%%02X' "$(($(printf %d "'$byte") & 255))" ;;
    esac
  done
}

url() { echo "postgresql://$role@:$port/$database?host=$(percent_encoded "$1")"; }

start() {
  local bin socket
  bin=$(programs)
  mkdir -p "$state"
  open_state_to_owner
  [ -e "$state/pg" ] || make_cluster "$bin"
  [ -e "$state/pg/PG_VERSION" ] ||
    die "$state/pg is no PostgreSQL data folder; move it away or choose another state folder"
  owner_may_enter_state || [ -L "$state/pg" ] ||
    die "the user postgres may not enter $state any more; give it o+x, or choose another state folder"
  socket=$(socket_folder)
  if ! postmaster >/dev/null; then
    drop_stale_pid_files "$socket"
    start_server "$bin" "$socket"
  fi
  url "$socket"
}

start_server() {
  local bin=$1 socket=$2 log data
  data=$(realpath "$state/pg")
  log=$(dirname "$data")/pg.log
  touch "$log"
  chmod 600 "$log"
  give_to_owner "$log"
  # The inner quotes are for pg_ctl, which hands the options to a shell.
  as_owner "$bin/pg_ctl" -s -w -t 60 -D "$data" -l "$log" start \
    -o "-k '${socket//\'/\'\\\'\'}' -p $port -c listen_addresses='' -c unix_socket_permissions=0700" \
    >/dev/null 2>&1 </dev/null ||
    die "PostgreSQL did not start; the end of $log: $(tail -n 5 "$log")"
}

stop() {
  local folder
  [ -e "$state/pg/PG_VERSION" ] || return 0
  if postmaster >/dev/null; then
    as_owner "$(programs)/pg_ctl" -s -w -t 60 -D "$(realpath "$state/pg")" -m fast stop >/dev/null ||
      die "PostgreSQL did not stop within 60 s; its log is $state/pg.log"
  fi
  folder=$(cat "$state/pg.socket.path" 2>/dev/null || true)
  [ -z "$folder" ] || rmdir "$folder" 2>/dev/null || true
  rm -f "$state/pg.socket.path"
}

main() {
  if [ $# != 2 ] || [ -z "$2" ]; then
    sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
  fi
  state=$(realpath -m -- "$2")
  readonly state
  case $1 in
    start) start ;;
    stop) stop ;;
    status) postmaster >/dev/null ;;
    *) die "no such command: $1 (start, stop, status)" ;;
  esac
}

main "$@"
