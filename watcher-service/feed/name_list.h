#ifndef HESTIA_WATCHER_SERVICE_FEED_NAME_LIST_H_
#define HESTIA_WATCHER_SERVICE_FEED_NAME_LIST_H_

#include <cstddef>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>

namespace hestia {

// The names in one directory, gone through once in byte order.
//
// Thread-safety: none.
// Memory: a name's bytes and nine more, up to twice that for room to grow in.
class NameList {
 public:
  // `text` holds no NUL. Only before Sort().
  void Add(absl::string_view text);
  void Sort();

  std::size_t left() const { return begins_.size() - next_; }
  bool AtEnd() const { return left() == 0; }
  // The next name, or one of those after it. Ends with a NUL; valid as long as this object stays
  // where it is.
  const char* Peek(std::size_t ahead = 0) const { return text_.c_str() + begins_[next_ + ahead]; }
  void Skip(std::size_t count) { next_ += count; }

 private:
  std::string text_;  // all names, each with a NUL behind
  std::vector<std::size_t> begins_;
  std::size_t next_ = 0;
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_FEED_NAME_LIST_H_
