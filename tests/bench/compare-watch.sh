#!/usr/bin/env bash
# Measures the watcher-service beside find, Watchman and inotifywait on one machine, in turns,
# and prints the medians; the last line is one JSON object. Installs the others when missing.
#
#   tests/bench/compare-watch.sh [RUNS] [PIECE...]   default: 5 runs of all pieces, which are
#                                                    snapshot, burst, latency and slow
#
# Sizes by FILES, DIRECTORIES, BURST, LONE and CHANGES in the environment. NOTES names a folder
# in which what was measured is kept, so that several calls add up to one table.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
runs=${1:-5}
pieces=${*:2}
pieces=${pieces:-snapshot burst latency slow}
for piece in $pieces; do
  case $piece in
    snapshot | burst | latency | slow) ;;
    *) echo "no such piece: $piece" >&2; exit 2 ;;
  esac
done
files=${FILES:-200000} directories=${DIRECTORIES:-1000} burst=${BURST:-100000}
lone=${LONE:-100} changes=${CHANGES:-1000000}
bench=${BENCH_WATCH:-$root/build/release/bin/bench-watch}
ticks=$(getconf CLK_TCK)

"$root/deploy/packages.sh" bench-watch
[ -x "$bench" ] || { echo "build first: cmake --preset release && cmake --build --preset release" >&2; exit 1; }
work=$(mktemp -d)
notes=${NOTES:-$work/notes}
mkdir -p "$notes"
watchman_pid=
watching_pid=
clean_up() {
  [ -z "$watchman_pid" ] || kill "$watchman_pid" 2>/dev/null || true
  [ -z "$watching_pid" ] || kill "$watching_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

now_ms() { echo $(($(date +%s%N) / 1000000)); }
cpu_ms() { awk -v t="$ticks" '{sub(/.*\) /, ""); print ($12 + $13) * 1000 / t}' "/proc/$1/stat"; }
resident_mib() { awk '/^VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$1/status"; }
field() { sed -n "s/.*\"$2\":\(\"[^\"]*\"\|[^,}]*\).*/\1/p" <<<"$1"; }
note() { echo "$2" >>"$notes/$1"; }
noted() { [ -s "$notes/$1" ]; }
median() { sort -n "$notes/$1" | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
most() { sort -n "$notes/$1" | tail -1; }
wm() { watchman --no-spawn --no-local -U "$work/wm.sock" "$@"; }

start_watchman() {
  watchman --foreground --no-save-state -U "$work/wm.sock" -o "$work/wm.log" \
    --pidfile "$work/wm.pid" </dev/null >/dev/null 2>&1 &
  watchman_pid=$!
  until wm get-pid >/dev/null 2>&1; do kill -0 "$watchman_pid"; done
}
stop_watchman() {
  kill "$watchman_pid" && { wait "$watchman_pid" 2>/dev/null || true; }
  watchman_pid=
}

measure_snapshot() {
  local began line
  "$bench" --measure=tree --dir="$work/tree" --files="$files" --directories="$directories" >/dev/null
  find "$work/tree" -printf '%s %T@ %i %p\n' >/dev/null  # the cache is warm for all
  for _ in $(seq "$runs"); do
    began=$(now_ms)
    find "$work/tree" -printf '%s %T@ %i %p\n' >/dev/null
    note find_ms $(($(now_ms) - began))
    line=$("$bench" --measure=snapshot --dir="$work/tree" | tail -1)
    [ "$(field "$line" files)" = "$files" ] || { echo "not complete: $line" >&2; exit 1; }
    note snapshot_ms "$(field "$line" ms)"
    note resident_mib "$(field "$line" resident_mib)"
    start_watchman
    began=$(now_ms)
    wm watch "$work/tree" >/dev/null
    # Answered when the crawl is over.
    wm clock "$work/tree" >/dev/null
    note watchman_ms $(($(now_ms) - began))
    note watchman_mib "$(resident_mib "$watchman_pid")"
    stop_watchman
  done
}

# Files in a fresh folder, as many as the watcher gets, beside another program.
load() {
  rm -rf "$work/burst" && mkdir "$work/burst"
  "$bench" --measure=tree --dir="$work/burst" --files=1 --directories=4 >/dev/null
  "$1"
  "$bench" --measure=load --dir="$work/burst" --files="$burst" >/dev/null
  "$2"
}
begin_watchman() {
  start_watchman
  wm watch "$work/burst" >/dev/null
  wm clock "$work/burst" >/dev/null
  before=$(cpu_ms "$watchman_pid")
}
end_watchman() {
  wm clock "$work/burst" >/dev/null
  note watchman_cpu "$(cpu_ms "$watchman_pid" | awk -v b="$before" -v n="$burst" '{print ($1 - b) * 1000 / n}')"
  stop_watchman
}
begin_inotifywait() {
  inotifywait -q -m -r -e close_write --format %w%f "$work/burst" >"$work/seen" 2>"$work/iw.log" &
  watching_pid=$!
  # Watches are there once the kernel lists all five directories of it.
  until [ "$(cat "/proc/$watching_pid"/fdinfo/* 2>/dev/null | grep -c '^inotify')" = 5 ]; do
    kill -0 "$watching_pid"
  done
  before=$(cpu_ms "$watching_pid")
}
end_inotifywait() {
  local seen=-1 again
  # At rest when nothing came for a while.
  while again=$(wc -l <"$work/seen"); [ "$again" != "$seen" ]; do seen=$again; sleep 0.5; done
  note inotifywait_cpu "$(cpu_ms "$watching_pid" | awk -v b="$before" -v n="$burst" '{print ($1 - b) * 1000 / n}')"
  note inotifywait_lost $((burst - seen))
  kill "$watching_pid" && { wait "$watching_pid" 2>/dev/null || true; }
  watching_pid=
}
measure_burst() {
  local line before
  for _ in $(seq "$runs"); do
    line=$("$bench" --measure=burst --files="$burst" | tail -1)
    note burst_lost "$(field "$line" lost)"
    note burst_ms "$(field "$line" delivered_after_last_close_ms)"
    note burst_cpu "$(field "$line" cpu_us_per_file)"
    load begin_watchman end_watchman
    load begin_inotifywait end_inotifywait
  done
}

measure_latency() {
  local line
  for _ in $(seq "$runs"); do
    line=$("$bench" --measure=latency --files="$lone" | tail -1)
    note latency_p50 "$(field "$line" p50_ms)"
    note latency_p99 "$(field "$line" p99_ms)"
  done
}

measure_slow() {
  local line
  for _ in $(seq "$runs"); do
    line=$("$bench" --measure=slow --changes="$changes" | tail -1)
    note slow_growth "$(field "$line" growth_mib)"
    note slow_after "$(field "$line" growth_after_mib)"
    note slow_limit "$(field "$line" limit_mib)"
    note slow_within "$([ "$(field "$line" within_limit)" = true ] && echo 1 || echo 0)"
    note slow_converged "$([ "$(field "$line" converged)" = true ] && echo 1 || echo 0)"
  done
}

ratio() { awk -v a="$(median "$1")" -v b="$(median "$2")" 'BEGIN {printf "%.2f", a / b}'; }

for piece in $pieces; do "measure_$piece"; done
if noted snapshot_ms; then
  echo "snapshot of $files files: $(median snapshot_ms) ms; find $(median find_ms) ms (x$(ratio snapshot_ms find_ms)); watchman $(median watchman_ms) ms (x$(ratio snapshot_ms watchman_ms))"
  echo "resident then: $(median resident_mib) MiB; watchman $(median watchman_mib) MiB"
fi
if noted burst_cpu; then
  echo "burst of $burst files: lost $(most burst_lost) at most; told $(median burst_ms) ms after the last close; $(median burst_cpu) us of CPU a file; watchman $(median watchman_cpu) us (x$(ratio burst_cpu watchman_cpu)), inotifywait $(median inotifywait_cpu) us (lost $(most inotifywait_lost) at most)"
fi
if noted latency_p99; then
  echo "a lone file: p50 $(median latency_p50) ms, p99 $(median latency_p99) ms after its close (settling is 100 ms of it)"
fi
if noted slow_growth; then
  echo "one frame a second during $changes changes: +$(median slow_growth) MiB, +$(median slow_after) MiB until converged; allowed $(median slow_limit) MiB (within: $(median slow_within), converged: $(median slow_converged))"
fi
printf '{"benchmark":"compare-watch"'
for name in snapshot_ms find_ms watchman_ms resident_mib watchman_mib burst_lost burst_ms burst_cpu \
  watchman_cpu inotifywait_cpu inotifywait_lost latency_p50 latency_p99 slow_growth slow_after slow_limit \
  slow_within slow_converged; do
  ! noted "$name" || printf ',"%s":%s' "$name" "$(median "$name")"
done
echo '}'
