#!/usr/bin/env bash
# Several replicas under load, and everything that can go wrong, one thing after the other; then
# a look at whether all is right. Ends by itself; exit code 0 when nothing was lost.
#
#   tests/chaos/run.sh [--build DIR] [--seconds N] [--replicas N] [--faults "kill stop …"]
#                      [--kills N] [--seed N] [--side PX] [--keep]
#
# Faults: kill (-9), stop (SIGSTOP for 15 s), fast and immediate (PostgreSQL restarts), storm
# (every connection terminated), halfopen (a TCP proxy swallows everything for 12 s), readonly
# (for 8 s). --kills N: only kills, N of them, however long it takes.
#
# Prints, at the end: files lost (0), stale results refused, executions minus effects, and how
# long jobs of killed replicas waited until another one had claimed them.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$repo/build/release seconds=120 replicas=4 kills=0 seed=$RANDOM side=1600 keep=no
faults='kill stop fast immediate storm halfopen readonly'
while [ $# -gt 0 ]; do
  case $1 in
    --build) build=$(cd "$2" && pwd) && shift 2 ;;
    --seconds) seconds=$2 && shift 2 ;;
    --replicas) replicas=$2 && shift 2 ;;
    --faults) faults=$2 && shift 2 ;;
    --kills) kills=$2 faults=kill && shift 2 ;;
    --seed) seed=$2 && shift 2 ;;
    --side) side=$2 && shift 2 ;;
    --keep) keep=yes && shift ;;
    *) sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 2 ;;
  esac
done
RANDOM=$seed
export TZ=UTC

scratch=$(mktemp -d)
chmod 711 "$scratch"
photos=$scratch/photos
declare -A replica_pid=()
generation=0
watcher='' proxy='' load=''

say() { echo "$(date +%T) $*"; }
ask() { PGOPTIONS='-c default_transaction_read_only=off' psql -X -q -At "$database" -c "$1"; }

end_all() {
  local pid
  touch "$scratch/stop"
  [ -z "$load" ] || wait "$load" 2>/dev/null || true
  for pid in "${replica_pid[@]}" $watcher $proxy; do
    kill -CONT "$pid" 2>/dev/null || true
    kill -TERM "$pid" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  "$repo/deploy/postgres.sh" stop "$scratch/state" || true
  if [ $keep = yes ]; then echo "kept: $scratch"; else rm -rf "$scratch"; fi
}
trap end_all EXIT
trap 'exit 130' INT TERM

start_replica() {
  local number=$1
  generation=$((generation + 1))
  rm -f "$scratch/address-$number"
  "$build/bin/thumbnail-service" --thumbnail_listen=127.0.0.1:0 --workers=1 \
    --watcher_address="$watcher_address" --database_url="$through_proxy" --log_level=debug \
    --address_file="$scratch/address-$number" >"$scratch/replica-$number-$generation.log" 2>&1 &
  replica_pid[$number]=$!
  replica_log[number]=$scratch/replica-$number-$generation.log
}
declare -a replica_log=()
any_replica() { echo $((RANDOM % replicas)); }
await_file() { while [ ! -s "$1" ]; do sleep 0.05; done; }
replica_id() { sed -n 's/.*listening .*replica=\([0-9a-f]*\).*/\1/p' "${replica_log[$1]}" | head -n 1; }

# New photos, changed ones, renamed and deleted ones; each with bytes of its own.
make_load() {
  local n=0 file
  while [ ! -e "$scratch/stop" ]; do
    n=$((n + 1))
    mkdir -p "$photos/$((n / 50))"
    file=$photos/$((n / 50))/$n.jpg
    { cat "${pool[n % 8]}"; echo "$n"; } >"$file.tmp"
    mv "$file.tmp" "$file"
    [ $((n % 7)) != 0 ] || echo again >>"$photos/$((n / 50))/$n.jpg"
    [ $((n % 11)) != 0 ] || mv "$file" "$photos/renamed-$n.jpg"
    [ $((n % 13)) != 0 ] || rm -f "$file"
    sleep "$load_pause"
  done
}

postmaster() { head -n 1 "$(realpath "$scratch/state/pg")/postmaster.pid"; }
restart_postgresql() {
  local pid
  pid=$(postmaster)
  kill "-$1" "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  "$repo/deploy/postgres.sh" start "$scratch/state" >/dev/null
}
read_only() {
  ask "ALTER SYSTEM SET default_transaction_read_only = $1" && ask 'SELECT pg_reload_conf()' >/dev/null
}

fault_kill() {
  local number pid id when
  number=$(any_replica)
  id=$(replica_id "$number")
  # In the middle of something, when it ever is.
  for _ in $(seq 100); do
    [ "$(ask "SELECT count(*) FROM jobs WHERE claimed_by = '$id'")" = 0 ] || break
  done
  pid=${replica_pid[$number]}
  kill -KILL "$pid"
  when=$(date +%H:%M:%S.%3N)
  wait "$pid" 2>/dev/null || true
  ask "SELECT 'killed ' || '$when' || ' ' || file_id FROM jobs WHERE claimed_by = '$id'" >>"$scratch/kills"
  start_replica "$number"
  sleep 2
}
fault_stop() {
  local pid=${replica_pid[$(any_replica)]}
  kill -STOP "$pid" && sleep 15 && kill -CONT "$pid"
}
fault_fast() { restart_postgresql INT; }
fault_immediate() { restart_postgresql QUIT; }
fault_storm() {
  for _ in $(seq 20); do
    ask "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()" >/dev/null
    sleep 0.1
  done
}
fault_halfopen() { kill -USR1 "$proxy" && sleep 12 && kill -USR2 "$proxy"; }
fault_readonly() { read_only on && sleep 8 && read_only off; }

say "seed $seed, $replicas replicas, ${seconds} s of: $faults"
"$build/tests/make-images" --folder="$scratch/pool" --count=8 --side_px="$side"
pool=("$scratch"/pool/*)
mkdir -p "$photos"
database=$("$repo/deploy/postgres.sh" start "$scratch/state" 2>/dev/null)
"$build/tests/chaos-proxy" "$database" >"$scratch/proxy" &
proxy=$!
"$build/bin/watcher-service" --watcher_listen=127.0.0.1:0 --libraries="photos=$photos" \
  --state_dir="$scratch" --address_file="$scratch/watcher-address" >"$scratch/watcher.log" 2>&1 &
watcher=$!
await_file "$scratch/proxy"
await_file "$scratch/watcher-address"
through_proxy=$(<"$scratch/proxy")
watcher_address=$(<"$scratch/watcher-address")
for ((i = 0; i < replicas; i++)); do start_replica "$i"; done
for ((i = 0; i < replicas; i++)); do await_file "$scratch/address-$i"; done
load_pause=0.15
[ "$kills" = 0 ] || load_pause=0.05
make_load &
load=$!

sleep 3
touch "$scratch/kills"
end=$((SECONDS + seconds))
count=0
read -ra choices <<<"$faults"
while { [ "$kills" = 0 ] && [ $SECONDS -lt $end ]; } || [ $count -lt "$kills" ]; do
  fault=${choices[$((count < ${#choices[@]} ? count : RANDOM % ${#choices[@]}))]}
  count=$((count + 1))
  [ "$kills" != 0 ] || say "fault $count: $fault"
  "fault_$fault"
  [ "$kills" != 0 ] || sleep 4
done

say "$count faults done; waiting until all is quiet"
touch "$scratch/stop"
wait "$load" || true
load=''
for ((i = 0; i < replicas; i++)); do
  kill -0 "${replica_pid[$i]}" 2>/dev/null || { say "replica $i had ended: $(tail -n 2 "${replica_log[$i]}")"; start_replica "$i"; }
done
for ((i = 0; i < replicas; i++)); do await_file "$scratch/address-$i"; done
synced=yes
for attempt in 1 2 3; do
  "$build/bin/hestia-progress" --thumbnail_address="$(<"$scratch/address-0")" --wait_libraries=photos \
    --wait_timeout=3m --quiet && break
  [ $attempt != 3 ] || synced=no
  sleep 2
done

(cd "$photos" && find . -type f -printf '%P\t%s\n' | LC_ALL=C sort) >"$scratch/disk"
ask "SELECT path || E'\t' || size_bytes FROM files WHERE state = 1" | LC_ALL=C sort >"$scratch/ready"
ask "SELECT code || ' ' || count(*) FROM failures GROUP BY code" >"$scratch/verdicts"
on_disk=$(wc -l <"$scratch/disk")
lost=$(LC_ALL=C comm -23 "$scratch/disk" "$scratch/ready" | wc -l)
extra=$(LC_ALL=C comm -13 "$scratch/disk" "$scratch/ready" | wc -l)
given_up=$(ask "SELECT count(*) FROM files WHERE state = 3")
incomplete=$(ask "SELECT count(*) FROM files f WHERE state = 1 AND 3 <> (SELECT count(*) FROM thumbnails n WHERE n.content_id = f.content_id)")
cat "$scratch"/replica-*.log >"$scratch/all.log"
in_log() { grep -c -- "$1" "$scratch/all.log" || true; }
executions=$(in_log 'rendered file=')
effects=$(in_log 'stored file=[0-9]* images=[1-9]')
stale=$(in_log 'stale result refused')

# From the kill to the first claim of the same job by anybody, in seconds.
awk -v kills="$scratch/kills" '
  function ms(clock, part) {
    split(clock, part, /[:.+]/)
    return ((part[1] * 60 + part[2]) * 60 + part[3]) * 1000 + part[4]
  }
  BEGIN {
    while ((getline line < kills) > 0) {
      split(line, field, " ")
      killed[++count] = ms(field[2])
      file[count] = field[3]
    }
  }
  /claimed file=/ {
    match($0, /T[0-9:.]+/); at = ms(substr($0, RSTART + 1, RLENGTH - 1))
    match($0, /file=[0-9]+/); id = substr($0, RSTART + 5, RLENGTH - 5)
    claims[id] = claims[id] " " at
  }
  END {
    for (i = 1; i <= count; i++) {
      best = -1
      n = split(claims[file[i]], times, " ")
      for (j = 1; j <= n; j++) {
        wait = times[j] - killed[i]
        if (wait > 0 && (best < 0 || wait < best)) best = wait
      }
      if (best >= 0) print best / 1000
    }
  }' "$scratch/all.log" | sort -n >"$scratch/waits"
waits=$(wc -l <"$scratch/waits")
quantile() { [ "$waits" = 0 ] || sed -n "$(((waits - 1) * $1 / 100 + 1))p" "$scratch/waits"; }

echo "files on disk        $on_disk"
echo "lost                 $lost"
echo "rows too many        $extra"
echo "ready, incomplete    $incomplete"
echo "given up             $given_up ($(tr '\n' ' ' <"$scratch/verdicts"))"
echo "stale refused        $stale"
echo "executions - effects $executions - $effects = $((executions - effects))"
echo "rerun after kill     $waits jobs of killed replicas, p50 $(quantile 50) s, p99 $(quantile 99) s"
awk '{ bin[int($1)]++; if ($1 > most) most = $1 } END { for (i = 0; i <= int(most); i++) printf "  %2d to %2d s  %d\n", i, i + 1, bin[i] }' "$scratch/waits"
echo "{\"seed\": $seed, \"faults\": $count, \"files\": $on_disk, \"lost\": $lost, \"extra\": $extra," \
  "\"incomplete\": $incomplete, \"given_up\": $given_up, \"stale\": $stale, \"executions\": $executions," \
  "\"effects\": $effects, \"reruns\": $waits, \"rerun_p50_s\": $(quantile 50 | grep . || echo null)," \
  "\"rerun_p99_s\": $(quantile 99 | grep . || echo null), \"synced\": \"$synced\"}"
[ "$lost" = 0 ] && [ "$extra" = 0 ] && [ "$incomplete" = 0 ] && [ $synced = yes ]
