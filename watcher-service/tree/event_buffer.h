#ifndef HESTIA_WATCHER_SERVICE_TREE_EVENT_BUFFER_H_
#define HESTIA_WATCHER_SERVICE_TREE_EVENT_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/strings/string_view.h>

namespace hestia {

// One thing the kernel told, see inotify(7).
struct RawEvent {
  int wd = -1;
  std::uint32_t mask = 0;
  std::uint32_t cookie = 0;
  absl::string_view name;  // raw bytes, borrowed; empty: the watched directory itself
};

// Events that wait, as the kernel wrote them: 16 bytes and the name each, in blocks that are
// given away whole. Objects with strings would be three times as large and leave the heap in
// pieces.
//
// Thread-safety: none; its owner locks.
// Memory: `capacity` events, and 128 bytes for each of them; one block more while it fills.
class EventBuffer {
 public:
  static constexpr std::size_t kBlockBytes = 64 << 10;
  // What one Take gives out at most, so that what is being understood is little beside what waits.
  static constexpr std::size_t kTakenBlocks = 8;

  class Batch {
   public:
    // Events are missing before those of this batch: there was no room, or the kernel's queue was
    // full. What waited is dropped too, for nothing can be concluded from it.
    bool overflow = false;
    // The highest number of MarkFlushed() all of whose events are in this batch or an earlier one.
    std::uint64_t flushed = 0;

    // In order; the names are valid during the call.
    void ForEach(absl::FunctionRef<void(const RawEvent&)> each) const;

   private:
    friend class EventBuffer;
    struct Block {
      std::unique_ptr<char[]> bytes;
      std::size_t used = 0;
      std::size_t events = 0;
      std::uint64_t flushed = 0;
    };
    std::deque<Block> blocks_;
  };

  explicit EventBuffer(std::size_t capacity) : capacity_(capacity) {}

  // Takes in what one read(2) of inotify gave. Returns how many events that were.
  std::size_t Append(absl::string_view bytes);
  // Drops what waits, as if the kernel's queue had been full.
  void Overflow();
  // Everything appended so far belongs to `number`; numbers rise.
  void MarkFlushed(std::uint64_t number);

  // Whether Take() has events, an overflow, or a number that was not told yet.
  bool HasNews() const { return overflow_ || news_ || !blocks_.empty(); }
  Batch Take();

 private:
  void Put(absl::string_view event);

  const std::size_t capacity_;
  std::deque<Batch::Block> blocks_;
  std::size_t events_ = 0;  // in blocks_, as is the next
  std::size_t bytes_ = 0;
  std::uint64_t flushed_ = 0;  // by what has been taken or dropped
  bool news_ = false;          // flushed_ was not told yet
  bool overflow_ = false;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_TREE_EVENT_BUFFER_H_
