# shellcheck shell=bash
# What to try once Hestia runs. Sourced by up.sh, not run.

# A file to use in examples: an image with a name that needs no quoting.
example_path() {
  local root=$1 path
  while IFS= read -r -d '' path; do
    [[ $path =~ ^[A-Za-z0-9._/\ -]+$ ]] && { echo "$path"; return; }
  done < <(find "$root/" -mindepth 1 -name '.*' -prune -o -type f \
    -iregex '.*\.\(jpe?g\|png\|webp\|tiff?\|gif\|heic\)' -printf '%P\0' 2>/dev/null)
  echo "PATH/IN/LIBRARY.jpg"
}

# print_calls LIBRARY WATCHER THUMBNAIL STATE: LIBRARY as NAME=DIR, or empty.
print_calls() {
  local library=photos path=PATH/IN/LIBRARY.jpg watcher_address=$2 address=$3 state=$4
  local service=hestia.thumbnail.v1.ThumbnailService
  if [ -n "$1" ]; then
    library=${1%%=*}
    path=$(example_path "${1#*=}")
  else
    echo "No folder is watched yet; name one here, or call hestia.watcher.v1.WatcherService/AddLibrary."
  fi
  cat <<END

Hestia is up. Addresses are in $state/endpoints.env, logs in $state/*.log

Calls to try, with grpcurl:
  grpcurl -plaintext -d '{"library":"$library","path":"$path"}' $address $service/GetThumbnail
  grpcurl -plaintext -d '{"library":"$library"}' $address $service/ListFailures
  grpcurl -plaintext $address $service/WatchStats
  grpcurl -plaintext -d '{"library":"$library"}' $watcher_address hestia.watcher.v1.WatcherService/Watch
or with nothing but npm:
  npx @bufbuild/buf curl --protocol grpc -d '{"library":"$library","path":"$path"}' http://$address/$service/GetThumbnail
  npx @bufbuild/buf curl --protocol grpc http://$address/$service/GetStats
END
}
