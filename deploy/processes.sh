# shellcheck shell=bash
# Background programs with pid files, for up.sh and down.sh. Sourced, not run.
#
# A program NAME has three files in the run's state folder: NAME.pid (its number, nothing
# else), NAME.started (what tells it from a later process with the same number) and
# NAME.log (what it wrote; that of the run before is NAME.log.1).

# shellcheck source=deploy/descriptors.sh
. "$(dirname "${BASH_SOURCE[0]}")/descriptors.sh"

readonly stop_patience_s=${HESTIA_STOP_PATIENCE_S:-40}

# Boot and start tick of a process; fails when there is none, or only its exit code is left.
process_identity() {
  local pid=$1 line
  local -a fields
  { line=$(<"/proc/$pid/stat"); } 2>/dev/null || return 1
  # The second field is the program's name in parentheses and may hold anything.
  read -ra fields <<<"${line##*) }"
  [ "${fields[0]}" != Z ] && [ "${fields[0]}" != X ] || return 1
  echo "$(</proc/sys/kernel/random/boot_id) ${fields[19]}"
}

# The pid of the program NAME of STATE; fails when that process is gone.
running_pid() {
  local state=$1 name=$2 pid
  [ -s "$state/$name.pid" ] && [ -s "$state/$name.started" ] || return 1
  pid=$(<"$state/$name.pid")
  [ "$(process_identity "$pid")" = "$(<"$state/$name.started")" ] || return 1
  echo "$pid"
}

# Takes down that PID is the program NAME of STATE.
record_process() {
  local state=$1 name=$2 pid=$3
  process_identity "$pid" >"$state/$name.started" || true
  echo "$pid" >"$state/$name.pid"
}

# start_process STATE NAME COMMAND...: in a session of its own, so that Ctrl-C reaches only
# who waits for it.
start_process() {
  local state=$1 name=$2
  shift 2
  [ ! -e "$state/$name.log" ] || mv -f "$state/$name.log" "$state/$name.log.1"
  (close_other_descriptors; exec setsid "$@") </dev/null >"$state/$name.log" 2>&1 &
  record_process "$state" "$name" $!
}

# Asks the program NAME of STATE to stop. Once only: a second SIGTERM ends it on the spot.
ask_to_stop() {
  local pid
  if pid=$(running_pid "$1" "$2"); then kill -TERM "$pid" 2>/dev/null || true; fi
}

# Waits for the end of what was asked to stop. Says so when that was not a good one.
await_stop() {
  local state=$1 name=$2 pid waited_ds=0 code=0
  [ -s "$state/$name.pid" ] || return 0
  pid=$(<"$state/$name.pid")
  while running_pid "$state" "$name" >/dev/null; do
    if [ $waited_ds -ge $((stop_patience_s * 10)) ]; then
      echo "$name (pid $pid) did not stop within $stop_patience_s s; killing it." >&2
      kill -KILL "$pid" 2>/dev/null || true
    fi
    sleep 0.1
    waited_ds=$((waited_ds + 1))
  done
  # Only the shell that started it can know; for others "wait" answers 127.
  { wait "$pid" || code=$?; } 2>/dev/null
  if [ $code != 0 ] && [ $code != 127 ]; then
    echo "$name (pid $pid) did not end well but with code $code; see $state/$name.log" >&2
  fi
  rm -f "$state/$name.pid" "$state/$name.started" "$state/$name.address"
}

# Names of the services that STATE has pid files of, in the order they must stop in.
recorded_services() {
  local state=$1 file
  for file in "$state"/thumbnail-service-*.pid "$state/watcher-service.pid"; do
    [ ! -e "$file" ] || basename "$file" .pid
  done
}

# Ends the services of STATE: first those that take work, together, for each may have to
# finish an image; then the one that tells of it.
stop_services() {
  local state=$1 name
  local -a replicas_up
  mapfile -t replicas_up < <(recorded_services "$state" | grep -v '^watcher-service$')
  for name in "${replicas_up[@]}"; do ask_to_stop "$state" "$name"; done
  for name in "${replicas_up[@]}"; do await_stop "$state" "$name"; done
  ask_to_stop "$state" watcher-service
  await_stop "$state" watcher-service
}
