#include "thumbnail-service/jobs/ingestor.h"

#include <utility>

#include <absl/cleanup/cleanup.h>
#include <absl/random/random.h>
#include <absl/strings/str_cat.h>

#include "common/backoff.h"
#include "common/crash_point.h"
#include "common/logging.h"

namespace hestia {
namespace {
constexpr Backoff kReopen{.base = absl::Milliseconds(100), .cap = absl::Seconds(5)};
}  // namespace

Ingestor::Ingestor(std::string library, Lease lease, ChangeFeed& feed,
                   std::unique_ptr<IngestStore> store)
    : library_(std::move(library)), lease_(lease), feed_(feed), store_(std::move(store)) {
  thread_ = NamedThread(absl::StrCat("ingest-", library_), [this] { Run(); });
}

Ingestor::~Ingestor() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Cancel();
  }
  thread_.Join();
}

bool Ingestor::ended() const {
  absl::MutexLock lock(&mu_);
  return ended_;
}

bool Ingestor::AwaitEnd(absl::Duration timeout) const {
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithTimeout(absl::Condition(&ended_), timeout);
}

bool Ingestor::Pause(absl::Duration duration) {
  absl::MutexLock lock(&mu_);
  mu_.AwaitWithTimeout(absl::Condition(&stopping_), duration);
  return !stopping_;
}

void Ingestor::Run() {
  absl::BitGen random;
  int failures = 0;
  absl::Duration wait = absl::ZeroDuration();
  while (Pause(wait)) {
    bool progress = false;
    const absl::Status status = Follow(progress);
    if (absl::IsFailedPrecondition(status) || absl::IsNotFound(status)) {
      LogInfo(absl::StrCat("ingest ends library=", library_, " because=\"", status.message(), "\""));
      absl::MutexLock lock(&mu_);
      ended_ = true;
      return;
    }
    failures = progress ? 0 : failures + 1;
    wait = kReopen.Delay(failures, random);
    if (!absl::IsCancelled(status)) {
      LogWarning(absl::StrCat("feed interrupted library=", library_, " again_in=",
                              absl::FormatDuration(wait), " because=\"", status.message(), "\""));
    }
  }
}

absl::StatusOr<std::unique_ptr<ChangeStream>> Ingestor::OpenStream() {
  absl::StatusOr<std::optional<Cursor>> cursor = store_->Resume(lease_);
  if (!cursor.ok()) return cursor.status();
  stored_ = *cursor;
  listing_.reset();
  return feed_.Open(library_, stored_, kCredits);
}

absl::Status Ingestor::Follow(bool& progress) {
  absl::StatusOr<std::unique_ptr<ChangeStream>> stream = OpenStream();
  if (!stream.ok()) return stream.status();
  {
    absl::MutexLock lock(&mu_);
    if (stopping_) return absl::CancelledError("stopping");
    stream_ = stream->get();
  }
  // Declared after the stream, so it runs before the stream dies.
  const absl::Cleanup forget = [this] {
    absl::MutexLock lock(&mu_);
    stream_ = nullptr;
  };
  while (true) {
    const absl::StatusOr<Frame> frame = (*stream)->Next();
    if (!frame.ok()) return frame.status();
    if (absl::Status status = Apply(*frame); !status.ok()) return status;
    progress = true;
    if (frame->kind == Frame::Kind::kFiles) {
      HESTIA_CRASH_POINT(listing_.has_value() ? "listing.committed" : "ingest.committed");
    }
    if (frame->kind == Frame::Kind::kBookmark) continue;
    if (absl::Status status = (*stream)->Acknowledge(frame->number, 1); !status.ok()) {
      return status;
    }
  }
}

absl::Status Ingestor::Apply(const Frame& frame) {
  switch (frame.kind) {
    case Frame::Kind::kFiles:
      return ApplyFiles(frame);
    case Frame::Kind::kListingBegin:
      LogInfo(absl::StrCat("listing begins library=", library_, " scope=\"", frame.scope,
                           "\" reason=", frame.detail, frame.shallow ? " shallow=yes" : ""));
      listing_ = OpenListing{.scope = frame.scope, .shallow = frame.shallow, .after = ""};
      return store_->BeginListing(lease_, *listing_);
    case Frame::Kind::kListingEnd:
      return ApplyEnd(frame);
    case Frame::Kind::kBookmark:
      return ApplyBookmark(frame);
  }
  return absl::InternalError("a frame of no known kind");
}

absl::Status Ingestor::ApplyFiles(const Frame& frame) {
  if (!listing_.has_value()) {
    if (!frame.cursor.has_value()) {
      return absl::InternalError("the watcher sent states without a cursor outside a listing");
    }
    const absl::StatusOr<IngestEffect> effect =
        store_->ApplyStates(lease_, frame.files, *frame.cursor);
    if (!effect.ok()) return effect.status();
    stored_ = frame.cursor;
    LogInfo(absl::StrCat("ingested library=", library_, " states=", frame.files.size(),
                         " queued=", effect->queued, " taken_over=", effect->taken_over,
                         " removed=", effect->removed));
    return absl::OkStatus();
  }
  const absl::StatusOr<IngestEffect> effect =
      store_->ApplyListed(lease_, *listing_, frame.files);
  if (!effect.ok()) return effect.status();
  if (!frame.files.empty()) listing_->after = frame.files.back().path;
  return absl::OkStatus();
}

absl::Status Ingestor::ApplyEnd(const Frame& frame) {
  if (!listing_.has_value()) return absl::InternalError("a listing ended that had not begun");
  const absl::StatusOr<IngestEffect> effect =
      store_->EndListing(lease_, *listing_,
                         ListingProof{.complete = frame.complete, .unread = frame.unread},
                         frame.cursor);
  if (!effect.ok()) return effect.status();
  LogInfo(absl::StrCat("listing ends library=", library_, " scope=\"", frame.scope,
                       "\" complete=", frame.complete ? "yes" : "no", " removed=", effect->removed,
                       " unread=", frame.unread.size(), frame.detail.empty() ? "" : " because=",
                       frame.detail));
  if (effect->held > 0) {
    LogWarning(absl::StrCat("removals held library=", library_, " files=", effect->held,
                            " what_to_do=\"see that the folder is whole; if the files are really "
                            "gone, call ConfirmRemovals\""));
  }
  listing_.reset();
  if (frame.cursor.has_value()) stored_ = frame.cursor;
  return absl::OkStatus();
}

absl::Status Ingestor::ApplyBookmark(const Frame& frame) {
  if (listing_.has_value() || !frame.cursor.has_value() || frame.cursor == stored_) {
    return absl::OkStatus();
  }
  stored_ = frame.cursor;
  return store_->StoreCursor(lease_, *frame.cursor);
}

}  // namespace hestia
