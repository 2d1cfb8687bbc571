#!/usr/bin/env bash
# Compiles Hestia into build/PRESET, as many files at once as the machine can take.
#
#   deploy/build.sh services           what a run needs, without tests (preset release)
#   deploy/build.sh everything PRESET  every target, tests and benchmarks too
#
# One build at a time per copy of the source; a second one waits.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo

die() {
  echo "build.sh: $*" >&2
  exit 1
}

# One compiler needs up to 450 MB.
compile_jobs() {
  local cores available_kb fitting
  cores=$(nproc)
  available_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
  fitting=$((available_kb / 600000))
  [ $fitting -ge 1 ] || fitting=1
  echo $((cores < fitting ? cores : fitting))
}

# configure PRESET OPTION...: only where that was not done yet; ninja notices later changes.
configure() {
  local preset=$1 cache=build/$1/CMakeCache.txt
  shift
  if [ -e "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$repo" "$cache"; then
    echo "The source was moved; configuring anew."
    rm -rf "$cache" "build/$preset/CMakeFiles"
  fi
  if [ -e "build/$preset/build.ninja" ] && [ -e "$cache" ] && [ $# = 0 ]; then return; fi
  cmake --preset "$preset" "$@" >build/configure.log 2>&1 ||
    die "cmake failed; the end of $repo/build/configure.log:
$(tail -n 15 build/configure.log)"
}

configured_with_tests() {
  grep -qx 'HESTIA_BUILD_TESTS:BOOL=ON' "build/$1/CMakeCache.txt" 2>/dev/null
}

main() {
  cd "$repo"
  if ! mkdir -p build 2>/dev/null || [ ! -w build ]; then
    die "cannot write to $repo/build; use a copy of the source that belongs to $(id -un)"
  fi
  exec 8>build/lock
  flock 8
  case ${1:-} in
    services)
      # A tree that is configured with tests stays so.
      if [ -e build/release/CMakeCache.txt ]; then
        configure release
      else
        configure release -DHESTIA_BUILD_TESTS=OFF
      fi
      cmake --build --preset release -j "$(compile_jobs)" --target \
        watcher-service thumbnail-service thumbnail-renderer thumbnail-renderer-oiio \
        hestia-progress hestia-probe 8>&- ;;
    everything)
      local preset=${2:?PRESET is missing}
      if configured_with_tests "$preset"; then
        configure "$preset"
      else
        configure "$preset" -DHESTIA_BUILD_TESTS=ON
      fi
      cmake --build --preset "$preset" -j "$(compile_jobs)" 8>&- ;;
    *)
      sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
      exit 2 ;;
  esac
}

main "$@"
