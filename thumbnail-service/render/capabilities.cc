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
    if (!format->reader.name.empty()) AddLimits(said.scaled == 1, *format);
    const auto same = [&](const FormatAbility& other) { return other.name == format->name; };
    if (std::any_of(formats.begin(), formats.end(), same)) {
      return Unavailable(program, absl::StrCat("it names ", format->name, " twice"));
    }
    formats.push_back(*std::move(format));
  }
  return absl::OkStatus();
}

void Capabilities::AddLimits(bool scaled, FormatAbility& format) const {
  const ImageFormat kind = FormatNamed(format.name);
  const RenderLimits& limits = render_limits_;
  format.max_source_bytes =
      ByteLimit(source_limits_.formats, kind, source_limits_.max_source_bytes);
  format.max_pixels =
      PixelLimit(limits.formats, kind, scaled ? limits.max_scaled_pixels : limits.max_pixels);
  const auto limit = [&](std::int64_t FormatLimit::*which, std::int64_t common) {
    return HasLimit(kind, which) ? LimitOf(limits.formats, kind, which, common) : 0;
  };
  format.max_side_px = limit(&FormatLimit::max_side_px, limits.max_side_px);
  format.max_channels = limit(&FormatLimit::max_channels, limits.max_channels);
  format.max_frames = limit(&FormatLimit::max_frames, limits.max_frames);
  format.max_ratio = limit(&FormatLimit::max_ratio, limits.max_ratio);
  format.max_scans = limit(&FormatLimit::max_scans, limits.max_scans);
  format.max_chunk_bytes = limit(&FormatLimit::max_chunk_bytes, limits.max_chunk_bytes);
  format.max_icc_bytes = limit(&FormatLimit::max_icc_bytes, limits.max_icc_bytes);
  format.max_exif_bytes = limit(&FormatLimit::max_exif_bytes, limits.max_exif_bytes);
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
