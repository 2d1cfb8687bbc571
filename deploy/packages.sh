#!/usr/bin/env bash
# Installs the Debian 12 packages that Hestia needs, and only those that are missing.
#
#   deploy/packages.sh GROUP...     install what is missing of these groups
#   deploy/packages.sh --list GROUP...   print their packages, one a line
#
# Groups: build (compile the services), run (a private PostgreSQL), test (the tests), strict (a
# compile check with clang), bench, bench-watch and node (what benchmarks compare with),
# watcher-image and thumbnail-image (what the programs load in a container). Every package name
# of the project is in this file.
set -euo pipefail

packages_of() {
  case $1 in
    build) echo "
      cmake ninja-build g++ ccache lld pkg-config
      libgrpc++-dev protobuf-compiler-grpc protobuf-compiler libprotobuf-dev libabsl-dev
      libpqxx-dev libopenimageio-dev libspdlog-dev libfmt-dev
      libzimg-dev libjpeg62-turbo-dev libpng-dev libwebp-dev libavif-dev libheif-dev libjxl-dev
      librsvg2-dev libraw-dev libpoppler-glib-dev libavformat-dev libavcodec-dev libswscale-dev
      liblcms2-dev libisal-dev libimath-dev
      libxxhash-dev libseccomp-dev libssl-dev zlib1g-dev libc-ares-dev libre2-dev" ;;
    run) echo "postgresql util-linux poppler-data" ;;
    test) echo "libgtest-dev libgmock-dev fonts-dejavu-core fonts-wqy-microhei shellcheck bindfs fuse3 pgbouncer" ;;
    strict) echo "clang" ;;
    bench) echo "libvips-tools plasma-workspace-wallpapers" ;;
    bench-watch) echo "watchman inotify-tools" ;;
    node) echo "nodejs npm" ;;
    watcher-image) echo "libgrpc++1.51 libprotobuf32 libabsl20220623 libspdlog1.10 libfmt9" ;;
    thumbnail-image) echo "
      libgrpc++1.51 libprotobuf32 libabsl20220623 libspdlog1.10 libfmt9
      libpqxx-6.4 libxxhash0 libseccomp2 libopenimageio2.4
      libjpeg62-turbo libpng16-16 libwebp7 libavif15 libheif1 libjxl0.7 librsvg2-2 libraw20 libpoppler-glib8
      poppler-data libavformat59 libavcodec59 libswscale6 fonts-dejavu-core fonts-wqy-microhei
      libzimg2 liblcms2-2 libisal2" ;;
    *) echo "packages.sh: no such group: $1 (build, run, test, strict, bench, bench-watch, node, watcher-image, thumbnail-image)" >&2
       return 2 ;;
  esac | tr -s ' \n' '\n' | sed '/^$/d'
}

reason_for() {
  case $1 in
    build) echo "to compile the services" ;;
    run) echo "for a private PostgreSQL" ;;
    test) echo "for the tests" ;;
    strict) echo "for the compile check" ;;
    bench | bench-watch | node) echo "to compare with" ;;
    *) echo "for the container image" ;;
  esac
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# As the superuser: directly, or with sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian's server package makes and starts a cluster of its own unless told not to; Hestia
# runs a private one instead. A cluster that is there already is left alone.
keep_postgresql_quiet() {
  as_root mkdir -p /etc/postgresql-common/createcluster.d
  echo "create_main_cluster = false" |
    as_root tee /etc/postgresql-common/createcluster.d/hestia.conf >/dev/null
}

# Nothing of Hestia should come up with the machine: PostgreSQL's unit has no cluster to start,
# and pgbouncer is started by its test alone.
disable_unit() {
  [ -d /run/systemd/system ] || return 0
  as_root systemctl disable --now "$1" >/dev/null 2>&1 ||
    echo "Could not disable $1, which nobody here needs." >&2
}

install_groups() {
  local group package
  local -a missing=() missing_here
  for group in "$@"; do
    missing_here=()
    for package in $(packages_of "$group"); do
      is_installed "$package" || missing_here+=("$package")
    done
    [ ${#missing_here[@]} = 0 ] && continue
    echo "Installing $(reason_for "$group"): ${missing_here[*]}"
    missing+=("${missing_here[@]}")
  done
  [ ${#missing[@]} = 0 ] && return 0

  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo "Only root may install these, and there is no sudo. As root, run: $0 $*" >&2
    return 1
  fi

  local first_postgresql=no first_pgbouncer=no
  [[ " ${missing[*]} " != *" pgbouncer "* ]] || first_pgbouncer=yes
  if [[ " ${missing[*]} " == *" postgresql "* ]] && ! is_installed postgresql-common; then
    first_postgresql=yes
    keep_postgresql_quiet
  fi
  local -a apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
  as_root "${apt[@]}" update >/dev/null
  as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null || {
    echo "The packages above could not be installed. Hestia is made for Debian 12." >&2
    return 1
  }
  [ $first_postgresql = no ] || disable_unit postgresql.service
  [ $first_pgbouncer = no ] || disable_unit pgbouncer.service
}

main() {
  if [ $# = 0 ] || [ "$1" = --help ]; then
    sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    [ $# != 0 ]
    return
  fi
  if [ "$1" = --list ]; then
    shift
    for group in "$@"; do packages_of "$group"; done | sort -u
    return
  fi
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian (there is no apt-get). Hestia is made for Debian 12." >&2
    return 1
  fi
  for group in "$@"; do packages_of "$group" >/dev/null; done
  install_groups "$@"
}

main "$@"
