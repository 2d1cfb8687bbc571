#ifndef HESTIA_DEPLOY_PROGRESS_LIVE_LINE_H_
#define HESTIA_DEPLOY_PROGRESS_LIVE_LINE_H_

#include <string>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

namespace hestia {

// Standard output as a line that is written over. Where that is no terminal, a plain line
// every `plain_interval`, so that a log stays short.
//
// Thread-safety: none; one thread uses it.
class LiveLine {
 public:
  explicit LiveLine(absl::Duration plain_interval);

  // Shows `text` in place of what was shown before, cut to the terminal's width.
  void Show(absl::string_view text);

  // Clears the line; the next output begins at the left.
  void Clear();

 private:
  const bool terminal_;
  const absl::Duration plain_interval_;
  absl::Time next_plain_line_ = absl::InfinitePast();
};

}  // namespace hestia

#endif  // HESTIA_DEPLOY_PROGRESS_LIVE_LINE_H_
