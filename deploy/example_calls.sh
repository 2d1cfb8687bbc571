# shellcheck shell=bash
# What to try once Hestia runs. Sourced by up.sh, not run.

# A file to use in examples: one that has its thumbnails and a name that needs no quoting.
example_path() {
  local name=$1 database_url=$2 path=''
  if command -v psql >/dev/null; then
    path=$(psql -X -At "$database_url" -v name="$name" 2>/dev/null <<<"
      SELECT path FROM files JOIN libraries ON libraries.id = library_id
      WHERE name = :'name' AND files.state = 1 AND path ~ '^[A-Za-z0-9._/ -]+\$'
      ORDER BY left(path, 512), path LIMIT 1") || path=''
  fi
  echo "${path:-PATH/IN/LIBRARY.jpg}"
}

# print_calls LIBRARY WATCHER THUMBNAIL STATE DATABASE_URL: LIBRARY as NAME=DIR, or empty.
print_calls() {
  local library=photos path=PATH/IN/LIBRARY.jpg watcher_address=$2 address=$3 state=$4
  local service=hestia.thumbnail.v1.ThumbnailService
  if [ -n "$1" ]; then
    library=${1%%=*}
    path=$(example_path "$library" "$5")
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
  npx -y @bufbuild/buf curl --protocol grpc -d '{"library":"$library","path":"$path"}' http://$address/$service/GetThumbnail
  npx -y @bufbuild/buf curl --protocol grpc http://$address/$service/GetStats
END
}
