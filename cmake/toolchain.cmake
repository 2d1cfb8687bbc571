# What every target shares: warnings, sanitizers, and what makes builds quick.

find_program(HESTIA_CCACHE ccache)
if(HESTIA_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HESTIA_CCACHE})
endif()
find_program(HESTIA_LLD ld.lld)
if(HESTIA_LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_library(hestia_warnings INTERFACE)
target_compile_options(hestia_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${HESTIA_STRICT}>:-Werror>)

if(HESTIA_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(HESTIA_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(HESTIA_SANITIZE)
  message(FATAL_ERROR "HESTIA_SANITIZE must be empty, 'address' or 'thread', not '${HESTIA_SANITIZE}'")
endif()

if(HESTIA_FUZZ)
  # Coverage for the fuzzers; they alone are linked with libFuzzer's main().
  add_compile_options(-fsanitize=fuzzer-no-link)
  # Small inputs take the ways that only large files take otherwise.
  add_compile_definitions(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
endif()

# hestia_room(NAME [SOURCES …] [HEADERS …] [LINK …]): one library for one folder, with the
# project's warnings, includable as "folder/file.h" from the top of the tree.
function(hestia_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;HEADERS;LINK" ${ARGN})
  if(ROOM_SOURCES)
    add_library(${name} STATIC ${ROOM_SOURCES} ${ROOM_HEADERS})
    set(scope PUBLIC)
    target_link_libraries(${name} PRIVATE hestia_warnings)
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} ${scope} ${ROOM_LINK})
endfunction()

# hestia_program(NAME SOURCES … LINK …): one executable under bin/.
function(hestia_program name)
  cmake_parse_arguments(PROGRAM "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${PROGRAM_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE hestia_warnings ${PROGRAM_LINK})
  if(HESTIA_SANITIZE STREQUAL "thread")
    target_link_libraries(${name} PRIVATE hestia_tsan_shim)
  endif()
endfunction()
