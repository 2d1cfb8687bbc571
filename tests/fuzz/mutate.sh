#!/usr/bin/env bash
# Sends damaged images through the real services, on a private PostgreSQL: each must end as a
# thumbnail or a verdict, with no service restarted and no file lost.
#
#   tests/fuzz/mutate.sh [FILES]    ten thousand by default; built before by tests/run.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

state=$(mktemp -d)
trap 'deploy/postgres.sh stop "$state"; rm -rf "$state"' EXIT
HESTIA_TEST_DATABASE_URL=$(deploy/postgres.sh start "$state")
export HESTIA_TEST_DATABASE_URL
HESTIA_TEST_MUTATED_FILES=${1:-10000} build/release/tests/e2e_test --gtest_filter='MutationTest.*'
