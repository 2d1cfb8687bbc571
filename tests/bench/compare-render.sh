#!/usr/bin/env bash
# Hestia's renderer beside sharp and vipsthumbnail: the same files, sizes, quality and effort, in
# turn (A B A B), two workers each, medians. The last line is one JSON object.
#
#   tests/bench/compare-render.sh [--rounds N] [--repeat N] [--build DIR] DIR
#
# DIR holds image files (no folders below); each run goes through it --repeat times (3). Needs a
# release build; installs the packages of the group `bench` and, in build/sharp, sharp from npm.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
rounds=3
repeat=3
build=$root/build/release
workers=2
quality=80

while [ $# -gt 1 ]; do
  case $1 in
    --rounds) rounds=$2; shift 2 ;;
    --repeat) repeat=$2; shift 2 ;;
    --build) build=$2; shift 2 ;;
    *) echo "compare-render.sh: unknown option $1" >&2; exit 2 ;;
  esac
done
if [ $# = 0 ] || [ ! -d "$1" ]; then
  sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
folder=$(cd "$1" && pwd)
bench=$build/bin/bench-render
[ -x "$bench" ] || { echo "compare-render.sh: no $bench; cmake --build --preset release --target bench-render" >&2; exit 1; }

"$root/deploy/packages.sh" bench
# Whoever has npm from elsewhere keeps it.
command -v npm >/dev/null || "$root/deploy/packages.sh" node
sharp_home=$root/build/sharp
if [ ! -d "$sharp_home/node_modules/sharp" ]; then
  mkdir -p "$sharp_home"
  npm install --silent --no-audit --no-fund --prefix "$sharp_home" sharp >&2
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

recipes_of() { # FORMAT SIZES EFFORT → bench-render's recipes
  local format=$1 size list=
  for size in ${2//,/ }; do
    list+=${list:+,}r$size=$size:$format:$quality
    [ "$format" != webp ] || list+=:$3
  done
  echo "$list"
}

rate_of() { sed -n 's/.*"files_per_second":\([0-9.]*\).*/\1/p' | tail -1; }
memory_of() { sed -n 's/.*"peak_rss_kib":\([0-9]*\).*/\1/p' | tail -1; }

peak_of() { sed -n 's/.*"renderer_peak_kib":\([0-9]*\).*/\1/p' | tail -1; }

run_hestia() {
  "$bench" --quiet --workers=$workers --repeat="$repeat" --recipes="$(recipes_of "$1" "$2" "$3")" "$folder" >"$scratch/hestia"
  peak_of <"$scratch/hestia" >>"$scratch/hestia-memory"
  rate_of <"$scratch/hestia"
}
# The decoder alone; there is none of this kind for other formats.
run_floor() { "$build/bin/bench-floor" --workers=$workers --repeat="$repeat" --box="${1##*,}" "$folder" | rate_of; }
floor=
! "$build/bin/bench-floor" "$folder" >/dev/null 2>&1 || floor=yes
run_sharp() { # MODE FORMAT SIZES EFFORT
  NODE_PATH=$sharp_home/node_modules UV_THREADPOOL_SIZE=4 node "$root/tests/bench/sharp-render.js" \
    "$1" $workers "$2" $quality "$4" "$3" "$folder" "$repeat" 2>/dev/null | tee "$scratch/sharp" | rate_of
  memory_of <"$scratch/sharp" >>"$scratch/sharp-memory"
}
# One process a size, as its manual shows; files shared out over the workers.
run_vips() { # FORMAT SIZES EFFORT
  local options="Q=$quality" suffix=.$1 begin end size
  [ "$1" != webp ] || options+=",effort=$3"
  [ "$1" != jpeg ] || { suffix=.jpg; options+=",optimize_coding"; }
  begin=$(date +%s%N)
  for size in ${2//,/ }; do
    find "$folder" -maxdepth 1 -type f -print0 |
      VIPS_CONCURRENCY=1 xargs -0 -P $workers -n 8 vipsthumbnail -s "${size}x${size}>" \
        -o "$scratch/%s${suffix}[$options]" >/dev/null 2>&1 || true
  done
  end=$(date +%s%N)
  awk -v n="$(find "$folder" -maxdepth 1 -type f | wc -l)" -v t=$((end - begin)) 'BEGIN { printf "%.2f\n", n * 1e9 / t }'
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

json=
compare() { # NAME FORMAT SIZES [EFFORT]
  local name=$1 format=$2 sizes=$3 effort=${4:-0} kind
  rm -f "$scratch"/*.rates
  for _ in $(seq "$rounds"); do
    run_hestia "$format" "$sizes" "$effort" >>"$scratch/hestia.rates"
    run_sharp pipelines "$format" "$sizes" "$effort" >>"$scratch/pipelines.rates"
    run_sharp cascade "$format" "$sizes" "$effort" >>"$scratch/cascade.rates"
    run_vips "$format" "$sizes" "$effort" >>"$scratch/vips.rates"
    [ -z "$floor" ] || run_floor "$sizes" >>"$scratch/floor.rates"
  done
  local -A rate
  for kind in hestia pipelines cascade vips; do rate[$kind]=$(median <"$scratch/$kind.rates"); done
  [ -z "$floor" ] || rate[floor]=$(median <"$scratch/floor.rates")
  local line
  line=$(awk -v h="${rate[hestia]}" -v p="${rate[pipelines]}" -v c="${rate[cascade]}" -v v="${rate[vips]}" -v f="${rate[floor]:-0}" \
    'BEGIN { printf "%8.1f %8.1f %8.1f %8.1f %8.1f   %5.2f %5.2f %5.2f %6.2f",
             h, p, c, v, f, h / p, h / c, h / v, (f > 0 ? h / f : 0) }')
  printf '%-28s %s\n' "$name" "$line"
  # shellcheck disable=SC2086
  set -- $line
  json+=${json:+,}"\"$name\":{\"hestia\":$1,\"sharp\":$2,\"sharp_cascade\":$3,\"vipsthumbnail\":$4,\"floor\":$5,\"over_sharp\":$6,\"over_sharp_cascade\":$7,\"over_vipsthumbnail\":$8,\"over_floor\":$9}"
}

printf '%-28s %8s %8s %8s %8s %8s   %5s %5s %5s %6s\n' "files/s, medians of $rounds" hestia sharp cascade \
  vips floor /sharp /casc /vips /floor
# The effort of the default recipes, and that of the other side's defaults.
compare "webp 128,256,512 effort 2" webp 128,256,512 2
compare "webp 128,256,512 effort 4" webp 128,256,512 4
compare "jpeg 256" jpeg 256
compare "jpeg 1024" jpeg 1024
highest() { sort -n | tail -1; }
echo "peak memory of a renderer: $(highest <"$scratch/hestia-memory") KiB"
echo "peak memory of sharp's process: $(highest <"$scratch/sharp-memory") KiB"
echo "{\"benchmark\":\"compare-render\",\"rounds\":$rounds,\"repeat\":$repeat,\"workers\":$workers,$json}"
