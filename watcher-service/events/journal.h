#ifndef HESTIA_WATCHER_SERVICE_EVENTS_JOURNAL_H_
#define HESTIA_WATCHER_SERVICE_EVENTS_JOURNAL_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/container/btree_map.h>
#include <absl/strings/string_view.h>

#include "watcher-service/events/cursor.h"

namespace hestia {

// One thing to look at again. It says where, not what: the state is read from the disk when
// a frame is built.
struct Mark {
  enum class Kind {
    kFile,  // a file at `path` may have changed
    kGone,  // nothing, or nothing of ours, was at `path`
    kList,  // a directory's content may have changed
  };
  Kind kind = Kind::kFile;
  std::string path;
  std::uint64_t sequence = 0;
  std::string previous_path;       // kFile: renamed from there; a hint
  std::uint64_t rewritten_at = 0;  // kFile: sequence of the last closed write; 0 = none
  bool subtree = false;            // kGone: a directory was there
  ListingReason reason = ListingReason::kDirectoryArrived;  // kList
  bool shallow = false;  // kList: only the files directly in it
};

// The dirty marks of one library in sequence order. A path has at most one kFile or kGone
// mark, one deep kList mark and one shallow: a newer one replaces it, so a busy file costs one
// mark.
//
// When it is full, by number or by memory, the oldest marks are forgotten, and Covers() turns false for every cursor
// before them: only subscribers that far behind need a snapshot.
//
// Thread-safety: none; its owner locks.
// Memory: Limits.
class Journal {
 public:
  struct Limits {
    std::size_t max_marks = 65'536;
    std::size_t max_bytes = 64 << 20;  // of memory, everything that a mark takes counted
  };

  // Sequences rise from `start`. Start higher than any earlier process of the same library.
  Journal(Limits limits, std::uint64_t start);

  // A file at `path` was written (`rewritten`), moved in, or had its attributes changed.
  void File(absl::string_view path, absl::string_view previous_path, bool rewritten);
  // What was at `path` is gone. A directory takes all marks beneath it along.
  void Gone(absl::string_view path, bool directory);
  // Look at everything beneath `scope` (empty: the root), or only at the files directly in it.
  // A deep mark replaces a shallow one; the other way round both stay.
  void List(absl::string_view scope, ListingReason reason, bool shallow = false);

  // Whether the newest mark of `path` itself says that a directory there is gone.
  bool HasGoneDirectory(absl::string_view path) const;
  // Whether a deep kList mark of exactly `scope` comes after `sequence`.
  bool ListsAfter(absl::string_view scope, std::uint64_t sequence) const;

  // Forgets all marks; no earlier sequence is covered afterwards.
  void Clear();

  // Whether After(sequence) would tell every path that changed since.
  bool Covers(std::uint64_t sequence) const { return sequence >= forgotten_ && sequence <= head_; }
  // The marks after `sequence`, oldest first, at most `max`.
  std::vector<Mark> After(std::uint64_t sequence, std::size_t max) const;

  // The newest sequence given out.
  std::uint64_t head() const { return head_; }
  std::size_t size() const { return marks_.size(); }
  // Memory that the marks take, about.
  std::size_t bytes() const { return bytes_; }
  std::size_t capacity() const { return limits_.max_marks; }

 private:
  // Sequences of a path's marks, 0 = none.
  struct Slots {
    std::uint64_t entry = 0;  // kFile or kGone
    std::uint64_t deep = 0;   // kList
    std::uint64_t shallow = 0;

    bool Empty() const { return entry == 0 && deep == 0 && shallow == 0; }
    std::uint64_t& Of(const Mark& mark) {
      if (mark.kind != Mark::Kind::kList) return entry;
      return mark.shallow ? shallow : deep;
    }
  };

  using Marks = absl::btree_map<std::uint64_t, Mark>;
  using ByPath = absl::btree_map<std::string, Slots>;

  static std::size_t BytesOf(const Mark& mark);

  void Put(Mark mark);
  // `hint`: where its path is, or belongs.
  void Put(Mark mark, ByPath::const_iterator hint);
  void Forget(std::uint64_t sequence);
  void Take(Marks::iterator mark);
  void ForgetBeneath(absl::string_view directory);
  void ForgetLists(absl::string_view scope);
  const Mark* EntryAt(absl::string_view path) const;
  void Trim();

  const Limits limits_;
  std::uint64_t head_;
  std::uint64_t forgotten_;  // marks up to here may be missing
  std::size_t bytes_ = 0;
  Marks marks_;
  ByPath by_path_;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_EVENTS_JOURNAL_H_
