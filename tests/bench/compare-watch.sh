#!/usr/bin/env bash
# Measures the watcher-service beside find, Watchman and inotifywait on one machine, in turns,
# and prints the medians; the last line is one JSON object. Installs the others when missing.
#
#   tests/bench/compare-watch.sh [RUNS]    (default 5; sizes by FILES, DIRECTORIES, BURST, LONE,
#                                           CHANGES in the environment)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
runs=${1:-5}
files=${FILES:-200000} directories=${DIRECTORIES:-1000} burst=${BURST:-100000}
lone=${LONE:-100} changes=${CHANGES:-1000000}
bench=${BENCH_WATCH:-$root/build/release/bin/bench-watch}
ticks=$(getconf CLK_TCK)

"$root/deploy/packages.sh" bench-watch
[ -x "$bench" ] || { echo "build first: cmake --preset release && cmake --build --preset release" >&2; exit 1; }
work=$(mktemp -d)
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
note() { echo "$2" >>"$work/$1"; }
median() { sort -n "$work/$1" | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
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

measure_snapshots() {
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
measure_bursts() {
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

measure_rest() {
  local line
  for _ in $(seq "$runs"); do
    line=$("$bench" --measure=latency --files="$lone" | tail -1)
    note latency_p50 "$(field "$line" p50_ms)"
    note latency_p99 "$(field "$line" p99_ms)"
  done
  for _ in $(seq "$(((runs + 1) / 2))"); do
    line=$("$bench" --measure=slow --changes="$changes" | tail -1)
    note slow_growth "$(field "$line" growth_mib)"
    note slow_after "$(field "$line" growth_after_mib)"
    note journal_cap "$(field "$line" journal_cap_mib)"
    note slow_converged "$([ "$(field "$line" converged)" = true ] && echo 1 || echo 0)"
  done
}

ratio() { awk -v a="$(median "$1")" -v b="$(median "$2")" 'BEGIN {printf "%.2f", a / b}'; }

measure_snapshots
measure_bursts
measure_rest
cat <<TABLE
snapshot of $files files: $(median snapshot_ms) ms; find $(median find_ms) ms (x$(ratio snapshot_ms find_ms)); watchman $(median watchman_ms) ms (x$(ratio snapshot_ms watchman_ms))
resident then: $(median resident_mib) MiB; watchman $(median watchman_mib) MiB
burst of $burst files: lost $(median burst_lost); told $(median burst_ms) ms after the last close; $(median burst_cpu) us of CPU a file; watchman $(median watchman_cpu) us, inotifywait $(median inotifywait_cpu) us (lost $(median inotifywait_lost))
a lone file: p50 $(median latency_p50) ms, p99 $(median latency_p99) ms after its close (settling is 100 ms of it)
one frame a second during $changes changes: +$(median slow_growth) MiB, +$(median slow_after) MiB until converged; a full journal is $(median journal_cap) MiB (converged: $(median slow_converged))
TABLE
printf '{"benchmark":"compare-watch","runs":%s' "$runs"
for name in snapshot_ms find_ms watchman_ms resident_mib watchman_mib burst_lost burst_ms burst_cpu \
  watchman_cpu inotifywait_cpu inotifywait_lost latency_p50 latency_p99 slow_growth slow_after journal_cap slow_converged; do
  printf ',"%s":%s' "$name" "$(median "$name")"
done
echo '}'
