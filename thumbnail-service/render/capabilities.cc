#include "thumbnail-service/render/capabilities.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>

#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

#include "common/error_reason.h"
#include "common/monotonic_clock.h"
#include "common/unique_fd.h"
#include "thumbnail-service/render/renderer_process.h"
#include "thumbnail-service/renderer/control_socket.h"
#include "thumbnail-service/renderer/wire.h"

namespace hestia {
namespace {
constexpr absl::Duration kAnswerTimeout = absl::Seconds(10);
constexpr absl::Duration kFailureHolds = absl::Seconds(5);

absl::Status Unavailable(absl::string_view program, absl::string_view why) {
  return WithReason(
      absl::UnavailableError(absl::StrCat("renderer ", program, " cannot be asked: ", why)),
      "RENDERER_UNAVAILABLE");
}

// The text, when it ends within its room and is fit for anybody's terminal.
template <std::size_t N>
std::optional<std::string> Text(const char (&room)[N]) {
  const std::size_t length = ::strnlen(room, N);
  const bool printable = std::all_of(room, room + length, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (length == N || !printable) return std::nullopt;
  return std::string(room, length);
}

// "libpng 1.6.39": the version is what follows the last space.
FormatLibrary Split(const std::string& text) {
  const std::size_t at = text.rfind(' ');
  if (at == std::string::npos) return {text, ""};
  return {text.substr(0, at), text.substr(at + 1)};
}

ImageFormat FormatNamed(absl::string_view name) {
  if (name == "HEIC" || name == "AVIF") return ImageFormat::kHeif;
  const auto found = std::find_if(kAllImageFormats.begin(), kAllImageFormats.end(),
                                  [&](ImageFormat format) { return FormatTitle(format) == name; });
  return found != kAllImageFormats.end() ? *found : ImageFormat::kUnknown;
}

std::optional<FormatAbility> Check(const wire::FormatAbility& said) {
  const std::optional<std::string> name = Text(said.name);
  const std::optional<std::string> reader = Text(said.reader);
  const std::optional<std::string> writer = Text(said.writer);
  if (!name || !reader || !writer || name->empty() || (reader->empty() && writer->empty()) ||
      said.scaled > 1) {
    return std::nullopt;
  }
  return FormatAbility{.name = *name, .reader = Split(*reader), .writer = Split(*writer)};
}
}  // namespace

absl::Status Capabilities::AddAnswer(int control, const std::string& program,
                                     std::vector<FormatAbility>& formats) const {
  wire::Request request;
  request.preamble.kind = wire::Kind::kDescribe;
  wire::Description answer;
  std::vector<UniqueFd> descriptors;
  if (!wire::Send(control, request) ||
      WaitReadable(control, -1, MonotonicNow() + kAnswerTimeout) != Waited::kReadable ||
      !wire::Receive(control, wire::Kind::kDescription, answer, descriptors) ||
      !descriptors.empty()) {
    return Unavailable(program, "it gave no answer");
  }
  if (answer.count > wire::kMaxFormats) return Unavailable(program, "its answer is not credible");
  for (std::uint32_t i = 0; i < answer.count; ++i) {
    const wire::FormatAbility& said = answer.formats[i];
    std::optional<FormatAbility> format = Check(said);
    if (!format.has_value()) return Unavailable(program, "its answer is not credible");
    if (!format->reader.name.empty()) {
      const ImageFormat kind = FormatNamed(format->name);
      format->max_source_bytes =
          ByteLimit(source_limits_.formats, kind, source_limits_.max_source_bytes);
      format->max_pixels = PixelLimit(
          render_limits_.formats, kind,
          said.scaled == 1 ? render_limits_.max_scaled_pixels : render_limits_.max_pixels);
      format->max_side_px = LimitOf(render_limits_.formats, kind, &FormatLimit::max_side_px,
                                    render_limits_.max_side_px);
    }
    const auto same = [&](const FormatAbility& other) { return other.name == format->name; };
    if (std::any_of(formats.begin(), formats.end(), same)) {
      return Unavailable(program, absl::StrCat("it names ", format->name, " twice"));
    }
    formats.push_back(*std::move(format));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<FormatAbility>> Capabilities::Ask() {
  absl::MutexLock lock(&mu_);
  if (!known_.empty()) return known_;
  if (!failure_.ok() && MonotonicNow() < failed_at_ + kFailureHolds) return failure_;
  absl::StatusOr<std::vector<FormatAbility>> formats = AskPrograms();
  failure_ = formats.status();
  failed_at_ = MonotonicNow();
  if (!formats.ok()) return failure_;
  known_ = *std::move(formats);
  return known_;
}

absl::StatusOr<std::vector<FormatAbility>> Capabilities::AskPrograms() const {
  std::vector<FormatAbility> formats;
  const absl::StatusOr<std::unique_ptr<RendererProcess>> launcher =
      RendererProcess::Start({programs_.fast}, -1);
  if (!launcher.ok()) return launcher.status();
  absl::Status status = AddAnswer((*launcher)->control(), programs_.fast, formats);
  if (!status.ok()) return status;
  const absl::StatusOr<std::unique_ptr<Worker>> worker = workers_->Take(-1);
  if (!worker.ok()) return worker.status();
  status = AddAnswer((*worker)->control(), programs_.oiio, formats);
  if (!status.ok()) return status;
  return formats;
}

}  // namespace hestia
