#include "watcher-service/feed/name_list.h"

#include <string.h>

#include <algorithm>

namespace hestia {

void NameList::Add(absl::string_view text) {
  begins_.push_back(text_.size());
  text_.append(text.data(), text.size());
  text_.push_back('\0');
}

void NameList::Sort() {
  const char* const text = text_.c_str();
  std::sort(begins_.begin(), begins_.end(), [text](std::size_t one, std::size_t other) {
    return strcmp(text + one, text + other) < 0;
  });
}

}  // namespace hestia
