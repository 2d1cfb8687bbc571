#!/usr/bin/env bash
# The fuzzers for a moment, as part of the tests. Exit code 77 (skipped) without clang.
set -euo pipefail
command -v clang++ >/dev/null || { echo "skipped: there is no clang++"; exit 77; }
exec "$(dirname "${BASH_SOURCE[0]}")/run.sh" --runs 1000
