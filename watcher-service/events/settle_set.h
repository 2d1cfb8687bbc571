#ifndef HESTIA_WATCHER_SERVICE_EVENTS_SETTLE_SET_H_
#define HESTIA_WATCHER_SERVICE_EVENTS_SETTLE_SET_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>
#include <absl/container/node_hash_map.h>
#include <absl/functional/function_ref.h>
#include <absl/time/time.h>

namespace hestia {

// A file, by the id of its directory's node.
struct SettleKey {
  std::uint64_t directory = 0;
  std::string name;  // raw bytes
  friend bool operator==(const SettleKey&, const SettleKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const SettleKey& key) {
    return H::combine(std::move(state), key.directory, key.name);
  }
};

// What is known about a file at rest, or taken along when it is renamed meanwhile.
struct SettleNews {
  bool rewritten = false;     // a writer closed it
  bool writing = false;       // still open when last heard of
  bool created = false;       // its name appeared, and nothing was written since
  std::string previous_path;  // text; empty = not renamed
  // When it began to settle, in the order of all that did; 0 = only now. A rename keeps it, so
  // that who waits for the file under its old name waits on.
  std::uint64_t serial = 0;
};

// Files that changed a moment ago and are told once they are at rest: after a close or a
// move when it has been quiet for a moment; while someone writes, when size and time of
// modification stand still. A slow copy is thus told once, at its end, and a writer that
// never closes is still picked up.
//
// Keyed by directory and name, not by path, so a renamed parent loses nothing.
//
// Thread-safety: none. Time: passed in, on one clock.
// Memory: at most `capacity` entries.
class SettleSet {
 public:
  struct Timing {
    absl::Duration quiet = absl::Milliseconds(100);
    absl::Duration still = absl::Seconds(2);
    absl::Duration longest_quiet = absl::Seconds(1);  // closed again and again: told anyway
  };
  using Key = SettleKey;
  using News = SettleNews;
  struct Ready {
    Key key;
    News news;
  };
  // Size and time of modification, or none when no regular file is there.
  struct Fingerprint {
    std::uint64_t size_bytes = 0;
    absl::Time modified_at;
    bool linked = false;  // it has other names as well
    // Whether nobody wrote in between; names that come and go say nothing about that.
    friend bool operator==(const Fingerprint& one, const Fingerprint& other) {
      return one.size_bytes == other.size_bytes && one.modified_at == other.modified_at;
    }
  };
  using Look = absl::FunctionRef<std::optional<Fingerprint>(const Key&)>;

  SettleSet(Timing timing, std::size_t capacity) : timing_(timing), capacity_(capacity) {}

  // Each returns false when the set is full: tell the file at once instead.
  bool Created(const Key& key, absl::Duration now);  // a name appeared, not by a move
  bool Wrote(const Key& key, absl::Duration now);    // modified, not closed
  bool Closed(const Key& key, absl::Duration now);   // closed after writing
  bool Touched(const Key& key, absl::Duration now);  // attributes
  // Arrived by a move, with what was known about it under its old name.
  bool Arrived(const Key& key, const News& news, absl::Duration now);

  bool Contains(const Key& key) const { return entries_.contains(key); }

  // Looks now at a file that is being written, if it settles: one that differs from the last look
  // must stand still from now on.
  void LookAgain(const Key& key, absl::Duration now, Look look);

  // Takes the file out; none when it is not settling.
  std::optional<News> Remove(const Key& key);

  // Takes out what is at rest at `now`. `look` is asked about files being written, at most
  // once each.
  std::vector<Ready> Step(absl::Duration now, Look look);

  // When Step has something to do next; InfiniteDuration when nothing settles.
  absl::Duration NextDeadline() const;

  // Counts entries begun; see SettlingSince.
  std::uint64_t last_serial() const { return last_serial_; }
  // Whether an entry begun at or before `serial` is still settling.
  bool SettlingSince(std::uint64_t serial) const;

  // Whether one of them has not changed since `then`: if it stays so it is ready soon.
  bool UnchangedSince(std::uint64_t serial, absl::Duration then) const;

  std::size_t size() const { return entries_.size(); }
  std::size_t writing() const { return writing_.size(); }
  // The files being written, those that began longest ago first, at most `max`.
  std::vector<Key> WritingKeys(std::size_t max) const;
  // Rises whenever WritingKeys may answer differently.
  std::uint64_t writing_changes() const { return writing_changes_; }
  const Timing& timing() const { return timing_; }

 private:
  struct Entry {
    std::uint64_t serial = 0;
    News news;
    absl::Duration due;
    std::optional<absl::Duration> queued;  // its place in due_, never after `due`
    absl::Duration changed_at;   // last heard of, or found otherwise than at the look before
    absl::Duration quiet_since;  // first close, or move or chmod since the last write
    std::optional<Fingerprint> seen;
  };
  using Entries = absl::node_hash_map<Key, Entry>;

  // `serial` as in SettleNews.
  Entry* FindOrAdd(const Key& key, absl::Duration now, std::uint64_t serial = 0);
  void SetWriting(Entry& entry, bool writing);
  void Reschedule(Entry& entry, absl::Duration due);
  void Enqueue(Entry& entry);
  void Rest(Entry& entry, absl::Duration now);
  bool IsReady(const Key& key, Entry& entry, absl::Duration now, Look look);
  Ready Take(Entries::iterator it);

  const Timing timing_;
  const std::size_t capacity_;
  std::uint64_t last_serial_ = 0;
  std::uint64_t writing_changes_ = 0;
  absl::btree_set<std::uint64_t> writing_;  // serials
  Entries entries_;
  absl::btree_map<std::uint64_t, Entries::value_type*> by_serial_;
  // An entry whose time has come later than its place is put back when that comes up: most are
  // put off several times and looked for once.
  absl::btree_set<std::pair<absl::Duration, std::uint64_t>> due_;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_EVENTS_SETTLE_SET_H_
