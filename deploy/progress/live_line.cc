#include "deploy/progress/live_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include <absl/time/clock.h>

namespace hestia {
namespace {

constexpr absl::string_view kClearLine = "\r\x1b[K";
constexpr std::size_t kUsualColumns = 80;

std::size_t Columns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualColumns;
  return size.ws_col;
}

}  // namespace

LiveLine::LiveLine(absl::Duration plain_interval)
    : terminal_(isatty(STDOUT_FILENO) == 1), plain_interval_(plain_interval) {}

void LiveLine::Show(absl::string_view text) {
  if (terminal_) {
    // A line that wraps cannot be written over; the last column may wrap too.
    std::cout << kClearLine << text.substr(0, Columns() - 1) << std::flush;
    return;
  }
  const absl::Time now = absl::Now();
  if (now < next_plain_line_) return;
  next_plain_line_ = now + plain_interval_;
  std::cout << text << std::endl;
}

void LiveLine::Clear() {
  if (terminal_) std::cout << kClearLine << std::flush;
}

}  // namespace hestia
