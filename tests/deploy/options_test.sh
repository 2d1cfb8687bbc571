#!/usr/bin/env bash
# deploy/up.sh and down.sh: what they refuse, before anything is installed, built or started.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
# shellcheck source=tests/deploy/expect.sh
. "$here/expect.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/photos" "$scratch/with,comma" "$scratch/blank "

refuses() {
  local part=$1
  shift
  expect_exit 2 "$repo/deploy/up.sh" --state "$scratch/state" "$@"
  expect_contains "the message about $*" "$part" "$output"
}

refuses "unknown option --frobnicate" --frobnicate
refuses "--replicas needs a value" --replicas
refuses "from 1 to 32, not \"0\"" --replicas 0 "$scratch/photos"
refuses "from 1 to 32, not \"many\"" --replicas=many "$scratch/photos"
refuses "there is no folder" "$scratch/nowhere"
refuses "only one DIR" "$scratch/photos" "$scratch/photos"
refuses "NAME=DIR" --library "$scratch/photos"
refuses "no library name" --library "Photos=$scratch/photos"
refuses "given twice" --library "photos=$scratch/photos" "$scratch/photos"
refuses "cannot be given here" "$scratch/with,comma"
refuses "cannot be given here" "$scratch/blank "
refuses "goes with --detach" --no-wait "$scratch/photos"
[ ! -e "$scratch/state" ] || fail "a refused call made the state folder"

expect_exit 0 "$repo/deploy/up.sh" --help
expect_contains "the help" "--replicas N" "$output"
expect_exit 2 "$repo/deploy/down.sh" --nonsense
expect_exit 0 "$repo/deploy/down.sh" --state "$scratch/state"
expect_contains "down.sh without a run" "Nothing runs" "$output"
[ ! -e "$scratch/state" ] || fail "down.sh made the state folder"

touch "$scratch/file"
expect_exit 1 "$repo/deploy/up.sh" --state "$scratch/file" "$scratch/photos"
expect_contains "a state that is a file" "cannot write to the state folder" "$output"
