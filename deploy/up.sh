#!/usr/bin/env bash
# Installs what is missing, builds, starts a private PostgreSQL and Hestia's services, and
# keeps thumbnails of the images in DIR. Needs a Debian 12 and root or sudo (for packages).
#
#   deploy/up.sh [OPTION...] [DIR]
#
#   DIR                   folder to watch, as the library "photos"
#   --library NAME=DIR    folder to watch under another name; may be repeated
#   --detach              return when the first scan is done; deploy/down.sh stops the run
#   --no-wait             with --detach: return as soon as the services serve
#   --replicas N          thumbnail-service processes, 1 to 32 (default 1)
#   --state DIR           database, logs and endpoints.env go here
#                         (default ~/.local/state/hestia, as root /var/lib/hestia)
#   --database URL        use this PostgreSQL instead of a private one
#   --help                print this text
#
# Without a folder: those of the last run with the same state. Settings of the services can
# be given as HESTIA_... in the environment, e.g. HESTIA_WORKERS=4 deploy/up.sh ~/Pictures.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
repo=$(dirname "$here")
readonly here repo
readonly bin=$repo/build/release/bin
# shellcheck source=deploy/processes.sh
. "$here/processes.sh"
# shellcheck source=deploy/options.sh
. "$here/options.sh"
# shellcheck source=deploy/example_calls.sh
. "$here/example_calls.sh"

readonly watcher_port=50051 thumbnail_port=50052 start_patience_s=3600
holds_state=no keep_running=no busy=''

die() {
  echo "up.sh: $*" >&2
  exit 1
}

# --- the state folder ---------------------------------------------------------------------

prepare_state() {
  if [ -z "$state" ]; then
    state=/var/lib/hestia
    [ "$(id -u)" = 0 ] || state=${HOME:?is not set; use --state}/.local/state/hestia
  fi
  state=$(realpath -m -- "$state")
  if ! mkdir -p -- "$state" 2>/dev/null || [ ! -w "$state" ]; then
    die "cannot write to the state folder $state; choose another with --state DIR"
  fi
  exec 9>"$state/lock"
  flock -n 9 || die "another up.sh works with $state; stop it with" \
    "\"deploy/down.sh --state '$state'\" or choose another folder with --state"
  refuse_second_run
  holds_state=yes
  record_process "$state" up $$
  if [ ${#libraries[@]} = 0 ] && [ -s "$state/libraries" ]; then
    local entry
    while IFS= read -r entry; do add_library "${entry%%=*}" "${entry#*=}"; done <"$state/libraries"
  fi
}

refuse_second_run() {
  local name
  for name in $(recorded_services "$state"); do
    if running_pid "$state" "$name" >/dev/null; then
      die "Hestia already runs with $state ($name is alive); stop it with" \
        "\"deploy/down.sh --state '$state'\""
    fi
    # Left by a run that was cut short: not a replica of this one.
    rm -f "$state/$name.pid" "$state/$name.started" "$state/$name.address"
  done
}

# --- stopping -------------------------------------------------------------------------------

# Runs whatever way this script ends, once the state folder is ours.
on_exit() {
  local code=$?
  trap '' INT TERM HUP
  [ -z "$busy" ] || kill -- "-$busy" 2>/dev/null || true
  if [ $holds_state = yes ]; then
    [ $keep_running = yes ] || stop_all
    rm -f "$state/up.pid" "$state/up.started"
  fi
  exit $code
}

stop_all() {
  rm -f "$state/endpoints.env"
  stop_services "$state"
  "$here/postgres.sh" stop "$state"
}

# Starts a command as `busy`, with all it starts in one process group to be ended by.
start_busy() {
  set -m
  "$@" </dev/null 9>&- &
  busy=$!
  set +m
}

# Runs a command so that a signal to this script is not kept waiting until it ends.
interruptibly() {
  local code=0
  start_busy "$@"
  wait "$busy" || code=$?
  busy=''
  return $code
}

# --- starting -------------------------------------------------------------------------------

# The usual port while nobody listens there, else any free one.
listen_address() {
  if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
    echo 127.0.0.1:0
  else
    echo "127.0.0.1:$1"
  fi
}

tell_why_it_died() {
  echo "up.sh: $1 ended; the last lines of $state/$1.log:" >&2
  tail -n 15 "$state/$1.log" | sed 's/^/  /' >&2
}

# wait_until_serving NAME: prints its address. Fails when it dies or takes too long.
wait_until_serving() {
  local name=$1 deadline=$((SECONDS + start_patience_s))
  while :; do
    running_pid "$state" "$name" >/dev/null || { tell_why_it_died "$name"; return 1; }
    if [ -s "$state/$name.address" ] &&
      "$bin/hestia-probe" --address="$(<"$state/$name.address")" --timeout=500ms 2>/dev/null; then
      return
    fi
    [ $SECONDS -lt $deadline ] || {
      echo "up.sh: $name does not serve after $start_patience_s s; see $state/$name.log" >&2
      return 1
    }
    sleep 0.05
  done
}

start_watcher() {
  rm -f "$state/watcher-service.address"
  start_process "$state" watcher-service "$bin/watcher-service" \
    --libraries="$library_setting" --state_dir="$state/watcher" \
    --watcher_listen="$(listen_address $watcher_port)" --address_file="$state/watcher-service.address"
}

start_replica() {
  local name=thumbnail-service-$1 listen=127.0.0.1:0
  [ "$1" != 1 ] || listen=$(listen_address $thumbnail_port)
  rm -f "$state/$name.address"
  # The URL may hold a password, and everyone can read command lines.
  HESTIA_DATABASE_URL=$database_url start_process "$state" "$name" "$bin/thumbnail-service" \
    --libraries="$library_setting" --watcher_address="$watcher_address" \
    --thumbnail_listen="$listen" --address_file="$state/$name.address"
}

start_all() {
  local i
  rm -f "$state"/*.address
  [ -n "$database_url" ] || database_url=$("$here/postgres.sh" start "$state") || return 1
  library_setting=$(IFS=,; echo "${libraries[*]}")
  mkdir -p "$state/watcher"
  start_watcher
  interruptibly wait_until_serving watcher-service || return 1
  watcher_address=$(<"$state/watcher-service.address")
  for ((i = 1; i <= replicas; i++)); do start_replica "$i"; done
  thumbnail_addresses=()
  for ((i = 1; i <= replicas; i++)); do
    interruptibly wait_until_serving "thumbnail-service-$i" || return 1
    thumbnail_addresses+=("$(<"$state/thumbnail-service-$i.address")")
  done
}

# A shell can source it: no value but the last needs quotes.
write_endpoints() {
  local file=$state/endpoints.env
  (umask 077 && cat >"$file.new" <<END
HESTIA_DATABASE_URL=$(assignable "$database_url")
HESTIA_WATCHER_ADDRESS=$watcher_address
HESTIA_THUMBNAIL_ADDRESS=${thumbnail_addresses[0]}
HESTIA_THUMBNAIL_ADDRESSES='${thumbnail_addresses[*]}'
END
  )
  mv -f "$file.new" "$file"
}

# Quoted only where a shell needs it, so that simpler readers get most values as they are.
assignable() {
  if [[ $1 =~ ^[A-Za-z0-9:/@?=%._~-]*$ ]]; then
    echo "$1"
  else
    printf "'%s'\n" "${1//\'/\'\\\'\'}"
  fi
}

# --- running --------------------------------------------------------------------------------

# Waits until every library is scanned and rendered, with a live line.
first_scan() {
  local code=0 names target
  [ ${#libraries[@]} -gt 0 ] || return 0
  names=$(IFS=,; echo "${libraries[*]%%=*}")
  target=$(IFS=,; echo "ipv4:${thumbnail_addresses[*]}")
  echo "First scan of ${names//,/, }:"
  start_busy "$bin/hestia-progress" --thumbnail_address="$target" --wait_libraries="$names"
  watch_services "$busy" || code=$?
  busy=''
  return $code
}

# Waits for the child PID (none: for ever) while minding the services. Returns PID's exit
# code, or 1 when Hestia cannot go on.
watch_services() {
  local awaited=${1:-} ended code
  while mind_services; do
    code=0
    # The shell's own "Killed" would only repeat what is told below.
    { wait -n -p ended || code=$?; } 2>/dev/null
    [ -n "${ended:-}" ] || return 1
    [ "$ended" != "$awaited" ] || return $code
  done
  return 1
}

# Tells of services that died. One replica less is borne while another lives.
mind_services() {
  local name died=no
  for name in $(recorded_services "$state"); do
    running_pid "$state" "$name" >/dev/null && continue
    tell_why_it_died "$name"
    rm -f "$state/$name.pid" "$state/$name.started" "$state/$name.address"
    died=$name
  done
  if [ "$died" = no ]; then return; fi
  if [ "$died" = watcher-service ] || ! compgen -G "$state/thumbnail-service-*.pid" >/dev/null; then
    echo "up.sh: nothing works without $died; stopping everything." >&2
    return 1
  fi
  echo "up.sh: the other replicas go on." >&2
}

main() {
  read_options "$@"
  trap on_exit EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  prepare_state
  "$here/packages.sh" build run 9>&-
  echo "Building"
  interruptibly "$here/build.sh" services || die "the build failed; the compiler's messages are above"
  echo "Starting"
  start_all || die "Hestia did not start"
  write_endpoints
  (IFS=$'\n'; echo "${libraries[*]}") >"$state/libraries"
  if [ $wait_for_scan = yes ]; then
    first_scan || die "the first scan did not finish; see $state/*.log"
  fi
  # From here on not even a reader who has seen enough (up.sh --detach | head) ends the run.
  keep_running=$detach
  print_calls "${libraries[0]:-}" "$watcher_address" "${thumbnail_addresses[0]}" "$state" "$database_url"
  if [ $detach = yes ]; then
    echo; echo "Stop it with: deploy/down.sh --state '$state'"
    return
  fi
  trap 'echo; echo "Stopping"; exit 0' INT TERM
  echo; echo "Ctrl-C stops everything."
  watch_services
}

main "$@"
