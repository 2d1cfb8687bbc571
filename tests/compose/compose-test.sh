#!/usr/bin/env bash
# docker-compose.yml with three thumbnail replicas: the work is shared and nothing is done
# twice; and one may be killed without a file being lost. compose-test.sh BUILD_FOLDER
#
# Skipped (exit code 77) where no Docker engine can be used. A machine that has none may name
# a program in HESTIA_DOCKER_ENGINE that starts one ("up") and stops it again ("down").
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
build=$1
# shellcheck source=tests/deploy/expect.sh
. "$repo/tests/deploy/expect.sh"

readonly first_images=200 more_images=200 side_px=1600
scratch='' engine_started=no project=hestia-test-$$

skip() {
  echo "SKIPPED: $*"
  exit 77
}

compose() {
  # Neither the settings of a run on this machine nor those of a .env apply here.
  env -u HESTIA_LIBRARIES -u HESTIA_WORKERS -u HESTIA_RECIPES -u HESTIA_USER -u HESTIA_BIND \
    HESTIA_MEDIA="$scratch/media" HESTIA_WATCHER_PORT='' HESTIA_THUMBNAIL_PORTS='' \
    docker compose --env-file /dev/null --project-directory "$repo" -f "$repo/docker-compose.yml" \
    --project-name "$project" "$@"
}

clean_up() {
  local code=$?
  trap '' INT TERM HUP
  if [ -n "$scratch" ]; then
    if [ $code != 0 ]; then compose logs --no-color --tail 40 || true; fi
    compose down --volumes --remove-orphans --rmi local --timeout 10 >/dev/null 2>&1 || true
    rm -rf "$scratch"
  fi
  if [ $engine_started = yes ]; then "$HESTIA_DOCKER_ENGINE" down >/dev/null 2>&1 || true; fi
  exit $code
}

need_engine() {
  if ! docker info >/dev/null 2>&1 && [ -n "${HESTIA_DOCKER_ENGINE:-}" ]; then
    echo "Starting a Docker engine"
    "$HESTIA_DOCKER_ENGINE" up >/dev/null 2>&1 || skip "no Docker engine can be started here"
    engine_started=yes
  fi
  docker info >/dev/null 2>&1 || skip "no Docker engine can be used here"
  docker compose version >/dev/null 2>&1 || skip "docker compose is not installed"
  local image
  for image in debian:bookworm-slim postgres:17-bookworm; do
    docker image inspect $image >/dev/null 2>&1 || docker pull -q $image >/dev/null 2>&1 ||
      skip "the image $image cannot be had here"
  done
}

stats() { "$build/tests/replica-stats" --thumbnail_address="$address" --timeout=120s "$@"; }

wait_for_sync() {
  "$build/bin/hestia-progress" --thumbnail_address="$address" --wait_libraries=photos --wait_timeout=10m
}

# add_images FOLDER FIRST COUNT
add_images() {
  "$build/tests/make-images" --folder="$1" --first="$2" --count="$3" --side_px=$side_px
}

ask() { compose exec -T postgres psql -X -q -At -U hestia -d hestia -c "$1"; }

# expect_all_done FILES: each has every thumbnail, and nothing is left to do.
expect_all_done() {
  expect_equal "files" "files $1 $1 0 0" "$(stats --until_ready="$1" | tail -n 1)"
  expect_equal "thumbnails" "$(($1 * $(ask 'SELECT count(*) FROM recipes')))" \
    "$(ask 'SELECT count(*) FROM thumbnails')"
  expect_equal "jobs" 0 "$(ask 'SELECT count(*) FROM jobs')"
  expect_equal "failures" 0 "$(ask 'SELECT count(*) FROM failures')"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
need_engine
scratch=$(mktemp -d)
mkdir "$scratch/media"
chmod 755 "$scratch" "$scratch/media"

echo "Building the images"
compose build >"$scratch/build.log" 2>&1 || fail "docker compose build: $(tail -n 30 "$scratch/build.log")"

echo "Starting three replicas"
compose up --detach --wait --wait-timeout 180 --scale thumbnail-service=3 >"$scratch/up.log" 2>&1 ||
  fail "docker compose up: $(tail -n 20 "$scratch/up.log")"
address=$(compose port --index 1 thumbnail-service 50052)
stats --until_replicas=3

echo "Adding $first_images images"
add_images "$scratch/media" 1 $first_images
wait_for_sync
report=$(stats --until_completed=$first_images)
echo "$report"
expect_equal "replicas that rendered something" 3 "$(awk '/^replica/ && $3 > 0' <<<"$report" | wc -l)"
expect_equal "images rendered in all" $first_images "$(awk '/^replica/ { sum += $3 } END { print sum }' <<<"$report")"
expect_all_done $first_images

# Moved in at once, so that every replica has its hands full when one is killed.
echo "Adding $more_images more and killing a replica midway"
add_images "$scratch/staged" $((first_images + 1)) $more_images
mv "$scratch/staged" "$scratch/media/more"
stats --until_ready=$((first_images + more_images / 5)) >/dev/null
victim=$(docker ps --quiet --filter "label=com.docker.compose.project=$project" \
  --filter "label=com.docker.compose.service=thumbnail-service" \
  --filter "label=com.docker.compose.container-number=2")
docker kill --signal KILL "$victim" >/dev/null
at_kill=$(stats | awk '/^files/ { print $3 }')
[ "$at_kill" -lt $((first_images + more_images)) ] || fail "the kill came too late to prove anything"
echo "Killed a replica with $at_kill files ready"
wait_for_sync
expect_all_done $((first_images + more_images))
expect_equal "the killed replica's state" false "$(docker inspect --format '{{.State.Running}}' "$victim")"
