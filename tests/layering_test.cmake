# Fails when a folder includes what its layer must not know. Run by ctest with
# -DSOURCE=<top of the tree>. Link visibility cannot do this: with distribution packages every
# header is within every file's reach.
#
# folder | forbidden beginnings of an #include, up to the end of the line
set(rules
  "common|watcher-service/|thumbnail-service/|hestia/|pqxx/|OpenImageIO/|sys/inotify"
  "watcher-service|thumbnail-service/|hestia/thumbnail/|pqxx|OpenImageIO/"
  "watcher-service/events|grpcpp/|hestia/|sys/inotify|common/grpc_|watcher-service/watch/|watcher-service/rpc/|watcher-service/feed/|watcher-service/tree/|watcher-service/libraries/"
  "watcher-service/feed|grpcpp/|hestia/|common/grpc_|sys/inotify|watcher-service/tree/|watcher-service/watch/|watcher-service/libraries/|watcher-service/rpc/"
  "watcher-service/tree|grpcpp/|hestia/|common/grpc_|watcher-service/watch/|watcher-service/libraries/|watcher-service/rpc/"
  "watcher-service/watch|grpcpp/|hestia/|common/grpc_|watcher-service/libraries/|watcher-service/rpc/"
  "watcher-service/libraries|grpcpp/|hestia/|common/grpc_|sys/inotify|watcher-service/rpc/"
  "thumbnail-service|watcher-service/"
  "thumbnail-service/jobs|grpcpp/|hestia/|pqxx|OpenImageIO/|common/grpc_|sys/socket|thumbnail-service/store/|thumbnail-service/render/|thumbnail-service/renderer/|thumbnail-service/rpc/"
  "thumbnail-service/store|grpcpp/|hestia/|OpenImageIO/|common/grpc_|thumbnail-service/render/|thumbnail-service/rpc/"
  "thumbnail-service/render|grpcpp/|hestia/|pqxx|OpenImageIO/|jpeglib|png.h|webp/|zimg|lcms2|common/grpc_|thumbnail-service/store/|thumbnail-service/rpc/"
  "thumbnail-service/renderer|grpcpp/|hestia/|pqxx|common/grpc_|thumbnail-service/store/|thumbnail-service/rpc/"
  "thumbnail-service/rpc|pqxx|OpenImageIO/|thumbnail-service/render/|thumbnail-service/renderer/")
# SQL's library in one room, image libraries in another.
set(homes
  "pqxx|thumbnail-service/store/"
  "OpenImageIO/|thumbnail-service/renderer/"
  "jpeglib|thumbnail-service/renderer/"
  "webp/|thumbnail-service/renderer/"
  "spdlog/|common/logging.cc")

set(failures 0)
macro(fail text)
  message("${text}")
  math(EXPR failures "${failures} + 1")
endmacro()

set(checked 0)
foreach(rule IN LISTS rules)
  string(REPLACE "|" ";" parts "${rule}")
  list(POP_FRONT parts folder)
  file(GLOB_RECURSE files ${SOURCE}/${folder}/*.h ${SOURCE}/${folder}/*.cc)
  if(NOT files)
    fail("${folder}: a rule for a folder without files; has it moved?")
  endif()
  foreach(file IN LISTS files)
    foreach(forbidden IN LISTS parts)
      file(STRINGS "${file}" hits REGEX "^#include [<\"]${forbidden}")
      math(EXPR checked "${checked} + 1")
      foreach(hit IN LISTS hits)
        fail("${file}: ${folder}/ must not use: ${hit}")
      endforeach()
    endforeach()
  endforeach()
endforeach()

file(GLOB_RECURSE sources ${SOURCE}/common/*.h ${SOURCE}/common/*.cc
  ${SOURCE}/watcher-service/*.h ${SOURCE}/watcher-service/*.cc
  ${SOURCE}/thumbnail-service/*.h ${SOURCE}/thumbnail-service/*.cc
  ${SOURCE}/deploy/*.h ${SOURCE}/deploy/*.cc)
foreach(home IN LISTS homes)
  string(REPLACE "|" ";" parts "${home}")
  list(GET parts 0 header)
  list(GET parts 1 folder)
  foreach(file IN LISTS sources)
    string(FIND "${file}" "${SOURCE}/${folder}" at)
    if(at EQUAL 0)
      continue()
    endif()
    file(STRINGS "${file}" hits REGEX "^#include [<\"]${header}")
    foreach(hit IN LISTS hits)
      fail("${file}: only ${folder} may use: ${hit}")
    endforeach()
  endforeach()
endforeach()

foreach(file IN LISTS sources)
  get_filename_component(name ${file} NAME)
  if(name MATCHES "util|helper|misc|manager")
    fail("${file}: name the mechanism, not that it helps")
  endif()
  file(STRINGS "${file}" hits REGEX "catch \\(\\.\\.\\.\\)|\\.detach\\(\\)|using namespace ")
  foreach(hit IN LISTS hits)
    fail("${file}: ${hit}")
  endforeach()
endforeach()

if(failures GREATER 0)
  message(FATAL_ERROR "${failures} breaches of the layers")
endif()
message("layers kept: ${checked} checks")
