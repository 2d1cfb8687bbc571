#!/usr/bin/env bash
# Builds Hestia with its tests and runs them all: installs what is missing, compiles, starts a
# private PostgreSQL for the tests, and stops it again.
#
#   tests/run.sh [--strict] [CTEST_OPTION...]
#
#   --strict       first compile everything with clang too, every warning an error
#   CTEST_OPTION   handed to ctest, e.g. -R Journal, -L unit, --repeat until-fail:10
#
# How much some tests do, in the environment:
#   HESTIA_CRASH_RUNS=N           every crash point by every kind of crash N times, not once
#   HESTIA_CONVERGENCE_SEEDS=N    random runs of the watcher against a mirror, instead of 200
#   HESTIA_CONVERGENCE_SEED=N     that one alone
#   HESTIA_TEST_MUTATED_FILES=N   damaged images through the whole of it, instead of 1000
# Time limits stay what they are: N up to 20 for the crash points. Every other HESTIA_… is
# unset first.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
strict=no
case ${1:-} in
  --help | -h) sed -n '2,16s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  --strict) strict=yes; shift ;;
esac

state='' running=''
stop() {
  trap '' INT TERM HUP
  [ -z "$running" ] || kill -- "-$running" 2>/dev/null || true
  [ -z "$running" ] || wait "$running" 2>/dev/null || true
  [ -z "$state" ] || "$repo/deploy/postgres.sh" stop "$state"
  [ -z "$state" ] || rm -rf "$state"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

cd "$repo"
groups=(build run test)
[ $strict = no ] || groups+=(strict)
deploy/packages.sh "${groups[@]}"
deploy/build.sh everything release
[ $strict = no ] || deploy/build.sh everything dev

# A setting of this shell would otherwise be one of every service under test.
for variable in $(compgen -e HESTIA_ || true); do
  case $variable in
    HESTIA_DOCKER_ENGINE | HESTIA_CRASH_RUNS | HESTIA_CONVERGENCE_SEED | HESTIA_CONVERGENCE_SEEDS | \
      HESTIA_TEST_MUTATED_FILES) ;;
    *) unset "$variable" ;;
  esac
done
state=$(mktemp -d)
HESTIA_TEST_DATABASE_URL=$(deploy/postgres.sh start "$state")
export HESTIA_TEST_DATABASE_URL

# In a process group of its own, so that Ctrl-C ends the tests and what they started, and
# only then their database.
run_ctest() {
  local code=0
  set -m
  ctest --preset release --no-tests=error "$@" </dev/null &
  running=$!
  set +m
  wait $running || code=$?
  running=''
  return $code
}
run_ctest "$@"
