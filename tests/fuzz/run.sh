#!/usr/bin/env bash
# Builds the fuzzers (clang, address sanitizer) and lets each run from its seeds.
#
#   tests/fuzz/run.sh [--runs N | --seconds N] [FUZZER...]
#
#   --runs N      inputs for each fuzzer
#   --seconds N   time for each fuzzer; 600 by default
#   FUZZER        fuzz-jpeg, fuzz-png, fuzz-webp, fuzz-psd, fuzz-bmp, fuzz-raw, fuzz-pdf,
#                 fuzz-video, fuzz-header, fuzz-exif, fuzz-icc, fuzz-sniff, fuzz-messages, fuzz-answer; all
#                 by default, those of PDF and video where their libraries are there
#
# What is found lies in build/fuzz/found, and the inputs worth keeping in build/fuzz/corpus,
# from where the next run goes on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

bound=-max_total_time=600
case ${1:-} in
  --help | -h) sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  --runs) bound=-runs=$2; shift 2 ;;
  --seconds) bound=-max_total_time=$2; shift 2 ;;
esac
fuzzers=("$@")

[ -f build/fuzz/build.ninja ] || cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
if [ ${#fuzzers[@]} = 0 ]; then
  fuzzers=(fuzz-jpeg fuzz-png fuzz-webp fuzz-psd fuzz-bmp fuzz-raw fuzz-header fuzz-exif fuzz-icc fuzz-sniff
    fuzz-messages fuzz-answer)
  for fuzzer in fuzz-pdf fuzz-video; do
    [ ! -x "build/fuzz/fuzz/$fuzzer" ] || fuzzers+=("$fuzzer")
  done
fi
seeds=build/fuzz/seeds
build/fuzz/fuzz/make-fuzz-seeds $seeds
mkdir -p build/fuzz/found

# A refusal leaves what a C library holds behind, as it does in a renderer, whose process
# ends then: leaks say nothing here. Where addresses are random over too many bits, the
# sanitizer needs them fixed.
export ASAN_OPTIONS=detect_leaks=0
fixed=(setarch -R)
"${fixed[@]}" true 2>/dev/null || fixed=()
for fuzzer in "${fuzzers[@]}"; do
  mkdir -p "build/fuzz/corpus/$fuzzer"
  echo "$fuzzer"
  "${fixed[@]}" "build/fuzz/fuzz/$fuzzer" "$bound" -max_len=65536 -timeout=20 -rss_limit_mb=4096 \
    -artifact_prefix=build/fuzz/found/ -verbosity=0 -print_final_stats=1 \
    "build/fuzz/corpus/$fuzzer" "$seeds/$fuzzer"
done
