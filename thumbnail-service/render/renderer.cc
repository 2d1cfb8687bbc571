#include "thumbnail-service/render/renderer.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "common/unique_fd.h"
#include "thumbnail-service/render/render_result.h"
#include "thumbnail-service/render/renderer_clients.h"

namespace hestia {
namespace {
static_assert(kMaxRecipes == static_cast<int>(wire::kMaxImages));

wire::ImageSpec ToWire(const Recipe& recipe) {
  return {static_cast<std::uint32_t>(recipe.box_px),
          recipe.format == OutputFormat::kJpeg ? wire::Encoding::kJpeg : wire::Encoding::kWebp,
          static_cast<std::uint32_t>(recipe.quality), static_cast<std::uint32_t>(recipe.effort)};
}

wire::Limits ToWire(const RenderLimits& limits) {
  const absl::Duration whole = absl::Ceil(limits.timeout, absl::Seconds(1));
  return {static_cast<std::uint64_t>(limits.max_scaled_pixels),
          static_cast<std::uint64_t>(limits.max_pixels),
          static_cast<std::uint64_t>(limits.max_side_px),
          static_cast<std::uint64_t>(limits.max_memory_bytes),
          static_cast<std::uint64_t>(absl::ToInt64Seconds(whole))};
}

// OK when the process ended by itself and well, so that its result may be read.
absl::Status JudgeEnd(int wait_status) {
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) return absl::OkStatus();
  if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGXCPU) {
    return WithReason(absl::DeadlineExceededError("not rendered within its CPU time"), "TIMED_OUT");
  }
  return DecoderCrashed(absl::StrCat("the decoder died: ", DescribeEnd(wait_status)));
}
}  // namespace

class Renderer::Slot {
 public:
  Slot(RendererPrograms programs, const RenderLimits& limits)
      : limits_(limits),
        cancel_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        launcher_({std::move(programs.fast), limits.timeout, cancel_.get()}),
        worker_({std::move(programs.oiio), limits.timeout, cancel_.get()}) {}

  absl::Status Prepare() { return launcher_.Start(); }
  absl::StatusOr<Rendering> Render(const SourceFile& source, absl::Span<const Recipe> recipes);
  void Cancel() { ::eventfd_write(cancel_.get(), 1); }

 private:
  const RenderLimits limits_;
  const UniqueFd cancel_;  // readable from the first Cancel() on
  LauncherClient launcher_;
  WorkerClient worker_;
};

absl::StatusOr<Rendering> Renderer::Slot::Render(const SourceFile& source,
                                                 absl::Span<const Recipe> recipes) {
  if (source.format == ImageFormat::kUnknown || recipes.empty() || recipes.size() > kMaxRecipes) {
    return absl::InternalError(absl::StrCat("cannot render format ", FormatTitle(source.format),
                                            " by ", recipes.size(), " recipes"));
  }
  const absl::StatusOr<ResultBuffer> result = ResultBuffer::Make(recipes);
  if (!result.ok()) return result.status();
  wire::Request request;
  request.preamble.kind = wire::Kind::kRequest;
  request.format = static_cast<std::uint32_t>(source.format);
  request.image_count = static_cast<std::uint32_t>(recipes.size());
  request.source_bytes = static_cast<std::uint64_t>(source.identity.size_bytes);
  request.result_bytes = result->size_bytes();
  request.limits = ToWire(limits_);
  std::transform(recipes.begin(), recipes.end(), request.images,
                 [](const Recipe& recipe) { return ToWire(recipe); });
  const bool fast = OiioReader(source.format).empty();
  const absl::StatusOr<int> ended = fast
                                        ? launcher_.Serve(request, source.bytes.get(), result->fd())
                                        : worker_.Serve(request, source.bytes.get(), result->fd());
  if (!ended.ok()) return ended.status();
  if (absl::Status judged = JudgeEnd(*ended); !judged.ok()) return judged;
  absl::StatusOr<Rendering> rendering = result->Read(recipes);
  if (!rendering.ok() && !fast) worker_.Retire();
  return rendering;
}

Renderer::Renderer(RendererPrograms programs, RenderLimits limits)
    : slot_(std::make_unique<Slot>(std::move(programs), limits)) {}
Renderer::~Renderer() = default;

absl::Status Renderer::Prepare() { return slot_->Prepare(); }

absl::StatusOr<Rendering> Renderer::Render(const SourceFile& source,
                                           absl::Span<const Recipe> recipes) {
  return slot_->Render(source, recipes);
}

void Renderer::Cancel() { slot_->Cancel(); }

}  // namespace hestia
