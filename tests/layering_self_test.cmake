# Proves that the layering test can fail: a tree with one breach of each kind must be refused.
file(REMOVE_RECURSE ${SCRATCH})
foreach(folder common watcher-service/events watcher-service/watch watcher-service/feed
    watcher-service/tree watcher-service/libraries
    thumbnail-service/jobs thumbnail-service/store thumbnail-service/render
    thumbnail-service/renderer thumbnail-service/rpc deploy)
  file(WRITE ${SCRATCH}/${folder}/clean.h "#include <string>\n")
endforeach()

function(expect outcome what)
  execute_process(COMMAND ${CMAKE_COMMAND} -DSOURCE=${SCRATCH} -P ${LAYERING_TEST}
    RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
  if(outcome STREQUAL "kept" AND NOT code EQUAL 0)
    message(FATAL_ERROR "refused: ${what}")
  elseif(outcome STREQUAL "broken" AND code EQUAL 0)
    message(FATAL_ERROR "not noticed: ${what}")
  endif()
endfunction()

function(breach file content)
  file(WRITE ${SCRATCH}/${file} "${content}\n")
  expect(broken "${file}: ${content}")
  file(REMOVE ${SCRATCH}/${file})
endfunction()

expect(kept "a clean tree")
breach(watcher-service/events/x.cc "#include <grpcpp/server.h>")
breach(watcher-service/tree/x.cc "#include \"watcher-service/watch/library_watch.h\"")
breach(watcher-service/libraries/x.cc "#include <grpcpp/server.h>")
breach(thumbnail-service/jobs/x.cc "#include <pqxx/pqxx>")
breach(thumbnail-service/jobs/x.h "#include \"thumbnail-service/store/pg_session.h\"")
breach(thumbnail-service/render/x.cc "#include <webp/encode.h>")
breach(thumbnail-service/rpc/x.cc "#include \"watcher-service/events/journal.h\"")
breach(common/x.cc "#include \"watcher-service/events/journal.h\"")
breach(deploy/x.cc "#include <pqxx/pqxx>")
breach(common/string_util.h "#include <string>")
breach(common/x.cc "} catch (...) {")
expect(kept "the tree after its breaches were mended")
message("the layering test notices what it should")
