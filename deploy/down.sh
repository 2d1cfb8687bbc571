#!/usr/bin/env bash
# Stops what deploy/up.sh started: the services, then their PostgreSQL. The database, and
# what it knows, stay for the next up.sh.
#
#   deploy/down.sh [--state DIR]    DIR as given to up.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
# shellcheck source=deploy/processes.sh
. "$here/processes.sh"

state=

usage_error() {
  echo "down.sh: $*" >&2
  echo "deploy/down.sh [--state DIR]" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    --state=*) state=${1#*=} ;;
    --state) [ $# -ge 2 ] || usage_error "--state needs a folder"; state=$2; shift ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done
if [ -z "$state" ]; then
  state=/var/lib/hestia
  [ "$(id -u)" = 0 ] || state=${HOME:?is not set; use --state}/.local/state/hestia
fi
state=$(realpath -m -- "$state")

if [ ! -e "$state/lock" ]; then
  echo "Nothing runs: no up.sh has used $state."
  exit 0
fi

# An up.sh that still runs stops everything itself, in order.
if pid=$(running_pid "$state" up); then
  echo "Stopping the up.sh that works with $state (pid $pid)"
  kill -TERM "$pid" 2>/dev/null || true
fi
exec 9>"$state/lock"
flock -w 180 9 || {
  echo "down.sh: the up.sh that works with $state does not end." >&2
  exit 1
}

was_up=no
for name in $(recorded_services "$state"); do
  running_pid "$state" "$name" >/dev/null || continue
  was_up=yes
  echo "Stopping $name"
done
if "$here/postgres.sh" status "$state"; then
  was_up=yes
  echo "Stopping PostgreSQL"
fi
rm -f "$state/endpoints.env"
stop_services "$state"
"$here/postgres.sh" stop "$state"
rm -f "$state/up.pid" "$state/up.started"
[ $was_up = yes ] || [ -n "${pid:-}" ] || { echo "Nothing runs with $state."; exit 0; }
echo "Stopped. The database stays in $state."
