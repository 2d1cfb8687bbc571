#include "thumbnail-service/jobs/listing_merge.h"

namespace hestia {

void ListingMerge::Add(const KnownFile& known) {
  while (next_ < listed_.size() && listed_[next_].path < known.path) TakeNew();
  if (next_ == listed_.size() || listed_[next_].path != known.path) {
    missing_ids_.push_back(known.id);
    return;
  }
  if (!listed_[next_].settling && DemandsWork(listed_[next_], known)) {
    changed_.push_back(next_);
  } else if (known.marked) {
    returned_ids_.push_back(known.id);
  }
  ++next_;
}

void ListingMerge::Finish() {
  while (next_ < listed_.size()) TakeNew();
}

void ListingMerge::TakeNew() {
  if (!listed_[next_].settling) changed_.push_back(next_);
  ++next_;
}

bool DemandsWork(const ToldFile& told, const KnownFile& known) {
  return told.rewritten || !(told.stamp == known.stamp);
}

}  // namespace hestia
