#ifndef HESTIA_TESTS_WATCHER_SERVICE_RPC_FRAME_FROM_H_
#define HESTIA_TESTS_WATCHER_SERVICE_RPC_FRAME_FROM_H_

#include <utility>
#include <vector>

#include <absl/time/time.h>

#include "hestia/watcher/v1/watcher.pb.h"
#include "watcher-service/events/frame.h"

namespace hestia {

// A frame as the wire brought it, for the model subscriber. `Response` is a WatchResponse
// or a SubscribeResponse.
template <typename Response>
Frame FrameFrom(const Response& response) {
  Frame frame;
  if (response.has_cursor()) {
    frame.cursor = Cursor{response.cursor().epoch(), response.cursor().sequence()};
  }
  if (response.has_listing_begin()) {
    frame.content = ListingBegin{response.listing_begin().scope(),
                                 static_cast<ListingReason>(response.listing_begin().reason()),
                                 response.listing_begin().shallow()};
  } else if (response.has_listing_end()) {
    const auto& end = response.listing_end();
    frame.content = ListingEnd{end.scope(), end.complete(), end.detail(), end.file_count(),
                               {end.unread().begin(), end.unread().end()}};
  } else if (response.has_bookmark()) {
    frame.content = Bookmark{response.bookmark().settling_files()};
  } else {
    std::vector<FileState> states;
    for (const auto& file : response.files()) {
      FileState state;
      state.path = file.path();
      state.previous_path = file.previous_path();
      state.present = file.present();
      state.size_bytes = file.size_bytes();
      if (file.has_modified_at()) {
        state.modified_at = absl::FromUnixSeconds(file.modified_at().seconds()) +
                            absl::Nanoseconds(file.modified_at().nanos());
      }
      state.inode = file.inode();
      state.subtree_absent = file.subtree_absent();
      state.rewritten = file.rewritten();
      state.settling = file.settling();
      states.push_back(std::move(state));
    }
    frame.content = std::move(states);
  }
  return frame;
}

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_RPC_FRAME_FROM_H_
