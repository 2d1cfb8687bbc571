#include "tests/watcher-service/history/stream_record.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <variant>

namespace hestia {
namespace {

struct Grant {
  absl::Duration at;
  std::uint64_t in_all = 0;
};

// When the credit for frame `number` was granted.
absl::Duration PaidAt(const std::vector<Grant>& grants, std::uint64_t number,
                      absl::Duration opened) {
  const auto paid = std::find_if(grants.begin(), grants.end(),
                                 [&](const Grant& grant) { return grant.in_all >= number; });
  return paid == grants.end() ? opened : paid->at;
}

class Gathering {
 public:
  void Take(const HistoryEntry& entry) {
    if (const auto* const opened = std::get_if<StreamOpened>(&entry.what)) {
      index_[opened->stream] = streams.size();
      StreamRecord record;
      record.stream = opened->stream;
      record.subscriber = opened->subscriber;
      record.cursor = opened->cursor;
      record.opened = entry.at;
      streams.push_back(record);
    } else if (const auto* const granted = std::get_if<CreditsGranted>(&entry.what)) {
      std::vector<Grant>& grants = grants_[granted->stream];
      const std::uint64_t before = grants.empty() ? 0 : grants.back().in_all;
      grants.push_back({entry.at, before + granted->credits});
    } else if (const auto* const received = std::get_if<FrameReceived>(&entry.what)) {
      StreamRecord& record = streams.at(index_.at(received->stream));
      const std::vector<Grant>& grants = grants_[received->stream];
      record.deliveries.push_back({&received->frame, received->number, received->asked, entry.at,
                                   PaidAt(grants, received->number, record.opened),
                                   grants.empty() ? 0 : grants.back().in_all});
    } else if (const auto* const ended = std::get_if<StreamEnded>(&entry.what)) {
      streams.at(index_.at(ended->stream)).end = {ended->asked, entry.at};
    }
  }

  std::vector<StreamRecord> streams;

 private:
  std::map<int, std::size_t> index_;
  std::map<int, std::vector<Grant>> grants_;
};

}  // namespace

std::vector<StreamRecord> StreamsOf(const History& history) {
  Gathering gathering;
  for (const HistoryEntry& entry : history) gathering.Take(entry);
  return std::move(gathering.streams);
}

}  // namespace hestia
