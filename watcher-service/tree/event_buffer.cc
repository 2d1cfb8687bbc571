#include "watcher-service/tree/event_buffer.h"

#include <string.h>
#include <sys/inotify.h>

#include <algorithm>
#include <utility>

namespace hestia {
namespace {

constexpr std::size_t kBytesPerEvent = 128;

inotify_event HeaderOf(const char* bytes) {
  inotify_event header{};
  memcpy(&header, bytes, sizeof(header));
  return header;
}

}  // namespace

void EventBuffer::Batch::ForEach(absl::FunctionRef<void(const RawEvent&)> each) const {
  for (const Block& block : blocks_) {
    for (std::size_t at = 0; at < block.used;) {
      const inotify_event header = HeaderOf(block.bytes.get() + at);
      const char* const name = block.bytes.get() + at + sizeof(header);
      // The kernel pads names with NULs.
      each({header.wd, header.mask, header.cookie, {name, strnlen(name, header.len)}});
      at += sizeof(header) + header.len;
    }
  }
}

std::size_t EventBuffer::Append(absl::string_view bytes) {
  std::size_t count = 0;
  for (; !bytes.empty(); ++count) {
    const inotify_event header = HeaderOf(bytes.data());
    const absl::string_view event = bytes.substr(0, sizeof(header) + header.len);
    bytes.remove_prefix(event.size());
    if ((header.mask & IN_Q_OVERFLOW) != 0 || events_ >= capacity_ ||
        bytes_ >= capacity_ * kBytesPerEvent) {
      Overflow();
    } else {
      Put(event);
    }
  }
  return count;
}

void EventBuffer::Put(absl::string_view event) {
  if (blocks_.empty() || blocks_.back().used + event.size() > kBlockBytes) {
    blocks_.emplace_back();
    blocks_.back().bytes.reset(new char[kBlockBytes]);
  }
  Batch::Block& block = blocks_.back();
  memcpy(block.bytes.get() + block.used, event.data(), event.size());
  block.used += event.size();
  ++block.events;
  ++events_;
  bytes_ += event.size();
}

void EventBuffer::Overflow() {
  overflow_ = true;
  for (const Batch::Block& block : blocks_) flushed_ = std::max(flushed_, block.flushed);
  blocks_.clear();
  events_ = 0;
  bytes_ = 0;
}

void EventBuffer::MarkFlushed(std::uint64_t number) {
  if (!blocks_.empty()) {
    blocks_.back().flushed = number;
    return;
  }
  flushed_ = number;
  news_ = true;
}

EventBuffer::Batch EventBuffer::Take() {
  Batch taken;
  taken.overflow = std::exchange(overflow_, false);
  while (!blocks_.empty() && taken.blocks_.size() < kTakenBlocks) {
    Batch::Block& block = blocks_.front();
    events_ -= block.events;
    bytes_ -= block.used;
    flushed_ = std::max(flushed_, block.flushed);
    taken.blocks_.push_back(std::move(block));
    blocks_.pop_front();
  }
  taken.flushed = flushed_;
  news_ = false;
  return taken;
}

}  // namespace hestia
