#ifndef HESTIA_COMMON_TEXT_VIEW_H_
#define HESTIA_COMMON_TEXT_VIEW_H_

#include <string_view>

#include <absl/strings/string_view.h>

namespace hestia {

// Debian builds abseil with its own string_view, which does not convert to or from std's.
// Signatures in this project take absl::string_view; these two stand at the borders to
// code that speaks std (spdlog, <filesystem>, <charconv>). The view's lifetime is unchanged.
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace hestia

#endif  // HESTIA_COMMON_TEXT_VIEW_H_
