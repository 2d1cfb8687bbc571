# shellcheck shell=bash
# shellcheck disable=SC2034  # up.sh reads these variables
# What up.sh was asked for. Sourced, not run. After read_options:
state='' database_url='' detach=no wait_for_scan=yes replicas=1
declare -a libraries=()  # NAME=/absolute/folder
bare_dir=''

usage_error() {
  echo "up.sh: $*" >&2
  echo "deploy/up.sh --help explains the options." >&2
  exit 2
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --help | -h) sed -n '2,20s/^# \{0,1\}//p' "$0"; exit 0 ;;
      --detach) detach=yes ;;
      --no-wait) wait_for_scan=no ;;
      --state=* | --replicas=* | --library=* | --database=*) set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
      --state | --replicas | --library | --database)
        [ -n "${2:-}" ] || usage_error "$1 needs a value"
        read_option_with_value "$1" "$2"
        shift ;;
      --) shift; [ $# = 0 ] || take_dir "$1" ;;
      -*) usage_error "unknown option $1" ;;
      *) take_dir "$1" ;;
    esac
    [ $# = 0 ] || shift
  done
  [ $wait_for_scan = yes ] || [ $detach = yes ] || usage_error "--no-wait goes with --detach"
  [ -z "$bare_dir" ] || add_library photos "$bare_dir"
}

take_dir() {
  [ -z "$bare_dir" ] || usage_error "only one DIR may be given; use --library NAME=DIR for more"
  [ -n "$1" ] || usage_error "DIR is empty"
  bare_dir=$1
}

read_option_with_value() {
  case $1 in
    --state) state=$2 ;;
    --database) database_url=$2 ;;
    --replicas)
      [[ $2 =~ ^([1-9]|[12][0-9]|3[0-2])$ ]] ||
        usage_error "--replicas takes a number from 1 to 32, not \"$2\""
      replicas=$2 ;;
    --library)
      [[ $2 == *=* ]] || usage_error "--library is written NAME=DIR, not \"$2\""
      add_library "${2%%=*}" "${2#*=}" ;;
  esac
}

add_library() {
  local name=$1 dir=$2 other
  [[ $name =~ ^[a-z0-9][a-z0-9._-]{0,63}$ ]] ||
    usage_error "\"$name\" is no library name; use 1 to 64 of a-z 0-9 . _ - , beginning with a letter or digit"
  for other in "${libraries[@]}"; do
    [ "${other%%=*}" != "$name" ] || usage_error "the library \"$name\" is given twice"
  done
  [ -d "$dir" ] || usage_error "there is no folder \"$dir\" for the library \"$name\""
  if [ ! -r "$dir" ] || [ ! -x "$dir" ]; then
    usage_error "the folder \"$dir\" may not be read by $(id -un)"
  fi
  dir=$(realpath -s -- "$dir"; echo .)
  dir=${dir%$'\n'.}
  case $dir in
    *,* | *$'\n'* | *[[:space:]])
      usage_error "the folder \"$dir\" cannot be given here: its path has a ',', a line break or a" \
        "blank at its end. Reach it through a symbolic link, or start without it and call AddLibrary." ;;
  esac
  libraries+=("$name=$dir")
}
