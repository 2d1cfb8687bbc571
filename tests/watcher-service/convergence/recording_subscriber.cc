#include "tests/watcher-service/convergence/recording_subscriber.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/grpc_server.h"
#include "tests/watcher-service/rpc/frame_from.h"

namespace hestia {
namespace {
constexpr std::size_t kRememberedCursors = 16;
constexpr absl::Duration kPatience = absl::Minutes(1);
}  // namespace

RecordingSubscriber::RecordingSubscriber(Recorder& recorder, int id, unsigned seed,
                                         std::string library, std::function<std::string()> address)
    : recorder_(recorder),
      id_(id),
      library_(std::move(library)),
      address_(std::move(address)),
      random_(seed),
      thread_(absl::StrCat("subscriber-", id), [this] { Run(); }) {}

RecordingSubscriber::~RecordingSubscriber() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  thread_.Join();
}

void RecordingSubscriber::Nudge() {
  absl::MutexLock lock(&mu_);
  if (stalled_ > 0) --stalled_;
}

void RecordingSubscriber::Reach(const Cursor& goal) {
  absl::MutexLock lock(&mu_);
  goal_ = goal;
  stalled_ = 0;
  PayLocked();
}

bool RecordingSubscriber::AwaitReached() {
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithTimeout(absl::Condition(this, &RecordingSubscriber::ReachedLocked),
                              kPatience);
}

void RecordingSubscriber::Misbehave() {
  absl::MutexLock lock(&mu_);
  goal_.reset();
}

void RecordingSubscriber::Run() {
  std::string address;
  std::unique_ptr<watcher::v1::WatcherService::Stub> stub;
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      if (stopping_) return;
    }
    if (const std::string now = address_(); now != address) {
      address = now;
      stub = watcher::v1::WatcherService::NewStub(GrpcClientChannel(address));
    }
    Follow(*stub);
  }
}

void RecordingSubscriber::Follow(watcher::v1::WatcherService::Stub& stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
  const std::unique_ptr<Stream> stream = stub.Subscribe(&context);
  {
    absl::MutexLock lock(&mu_);
    if (stopping_) context.TryCancel();
    context_ = &context;
    stream_ = stream.get();
    OpenLocked(ChooseCursorLocked());
  }
  watcher::v1::SubscribeResponse response;
  absl::Duration asked = MonotonicNow();
  while (stream->Read(&response)) {
    absl::MutexLock lock(&mu_);
    recorder_.Note(FrameReceived{number_, FrameFrom(response), response.frame_number(), asked});
    TakeLocked(response);
    if (!BehaveLocked()) break;
    asked = MonotonicNow();
  }
  absl::MutexLock lock(&mu_);
  recorder_.Note(StreamEnded{number_, asked});
  context_ = nullptr;
  stream_ = nullptr;
  context.TryCancel();
  stream->Finish();
}

std::optional<Cursor> RecordingSubscriber::ChooseCursorLocked() {
  if (seen_.empty()) return std::nullopt;
  const std::size_t manner = goal_.has_value() ? 9 : Draw(10);
  if (manner == 0) return std::nullopt;
  if (manner == 1) return Cursor{12'345, seen_.back().sequence};
  // A sequence that was never given out.
  if (manner == 2) return Cursor{seen_.back().epoch, seen_.back().sequence + 1'000'000'000'000};
  if (manner <= 4) return seen_[Draw(seen_.size())];
  return seen_.back();
}

void RecordingSubscriber::OpenLocked(const std::optional<Cursor>& cursor) {
  number_ = recorder_.NewStream();
  reached_.reset();
  last_frame_ = 0;
  owed_ = 0;
  const std::uint32_t credits = static_cast<std::uint32_t>(1 + Draw(8));
  watcher::v1::SubscribeRequest request;
  request.mutable_open()->set_library(library_);
  if (cursor.has_value()) {
    request.mutable_open()->mutable_cursor()->set_epoch(cursor->epoch);
    request.mutable_open()->mutable_cursor()->set_sequence(cursor->sequence);
  }
  request.set_grant_credits(credits);
  recorder_.Note(StreamOpened{number_, id_, cursor});
  recorder_.Note(CreditsGranted{number_, credits});
  stream_->Write(request);
}

void RecordingSubscriber::PayLocked() {
  if (stream_ == nullptr || owed_ == 0) return;
  watcher::v1::SubscribeRequest request;
  request.set_grant_credits(std::exchange(owed_, 0));
  request.set_ack_frame_number(last_frame_);
  recorder_.Note(CreditsGranted{number_, request.grant_credits()});
  recorder_.Note(FrameAcknowledged{number_, last_frame_});
  stream_->Write(request);
}

void RecordingSubscriber::TakeLocked(const watcher::v1::SubscribeResponse& response) {
  last_frame_ = response.frame_number();
  if (!response.has_bookmark()) ++owed_;
  if (!response.has_cursor()) return;
  const Cursor cursor{response.cursor().epoch(), response.cursor().sequence()};
  reached_ = cursor;
  if (!seen_.empty() && seen_.back() == cursor) return;
  seen_.push_back(cursor);
  if (seen_.size() > kRememberedCursors) seen_.erase(seen_.begin());
}

bool RecordingSubscriber::BehaveLocked() {
  if (stopping_) return false;
  if (goal_.has_value()) {
    PayLocked();
    return true;
  }
  const std::size_t manner = Draw(16);
  if (manner == 0) return false;
  if (manner == 1) {
    stalled_ = 1 + Draw(3);
    mu_.Await(absl::Condition(this, &RecordingSubscriber::MayGoOnLocked));
  }
  if (manner > 4) PayLocked();
  return true;
}

// Sequences rise across epochs: one of a later epoch lies behind any goal of this one.
bool RecordingSubscriber::ReachedLocked() const {
  return goal_.has_value() && reached_.has_value() && reached_->sequence >= goal_->sequence;
}

bool RecordingSubscriber::MayGoOnLocked() const { return stopping_ || stalled_ == 0; }

}  // namespace hestia
