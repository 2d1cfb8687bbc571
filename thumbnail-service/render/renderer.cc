#include "thumbnail-service/render/renderer.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "common/logging.h"
#include "common/unique_fd.h"
#include "thumbnail-service/render/render_deadline.h"
#include "thumbnail-service/render/render_request.h"
#include "thumbnail-service/render/render_result.h"
#include "thumbnail-service/render/renderer_clients.h"

namespace hestia {
namespace {
// OK when the process ended by itself and well, so that its result may be read.
absl::Status JudgeEnd(int wait_status) {
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) return absl::OkStatus();
  if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGXCPU) {
    return WithReason(absl::DeadlineExceededError("not rendered within its CPU time"), "TIMED_OUT");
  }
  return DecoderCrashed(absl::StrCat("the decoder died: ", DescribeEnd(wait_status)));
}

// What one try showed, beside its result.
struct Traces {
  double header_pixels = 0;  // what the image's header said, 0 if nothing
  int wait_status = 0;
};

// Whether the format's libraries (glib, poppler, cairo, librsvg, codecs) end the process where they
// get no memory, and no header tells how much they need; and whether it ended as they do it. What
// the jail ended (SIGSYS) would not be let through with more memory either.
bool MayDieOfMemory(ImageFormat format, int wait_status) {
  const bool silent =
      format == ImageFormat::kPdf || format == ImageFormat::kSvg || format == ImageFormat::kVideo;
  if (!silent || !WIFSIGNALED(wait_status)) return false;
  const int signal = WTERMSIG(wait_status);
  return signal == SIGABRT || signal == SIGTRAP || signal == SIGSEGV;
}

// Whether more memory may help. Not every library says that it was out of memory: some call the
// file broken, some end the process. So a failure of an image whose pixels alone could fill what
// it had counts, too.
bool ShortOfMemory(const absl::Status& status, ImageFormat format, const Traces& traces,
                   std::int64_t had_bytes) {
  constexpr double kBytesPerPixel = 16;
  const std::string reason = ReasonOf(status).value_or("");
  if (reason == "NEEDS_MEMORY") return true;
  if (reason == "DECODER_CRASHED" && MayDieOfMemory(format, traces.wait_status)) return true;
  return (reason == "DECODE_FAILED" || reason == "DECODER_CRASHED") &&
         traces.header_pixels * kBytesPerPixel > static_cast<double>(had_bytes);
}
}  // namespace

std::shared_ptr<WorkerSource> MakeWorkerSource(const RendererPrograms& programs,
                                               const RenderLimits& limits) {
  return std::make_shared<WorkerSource>(programs.fast, programs.oiio,
                                        static_cast<std::uint64_t>(limits.max_memory_bytes),
                                        limits.jail);
}

class Renderer::Slot {
 public:
  Slot(const RendererPrograms& programs, const RenderLimits& limits,
       std::shared_ptr<WorkerSource> workers, std::shared_ptr<MemoryBudget> budget)
      : limits_(limits),
        budget_(std::move(budget)),
        cancel_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        workers_(std::move(workers)),
        launcher_(programs.fast, Terms()),
        worker_(workers_, Terms()) {}

  absl::StatusOr<Posture> Prepare();
  absl::StatusOr<Rendering> Render(const SourceFile& source, absl::Span<const Recipe> recipes);
  void Cancel() {
    cancelled_ = true;
    ::eventfd_write(cancel_.get(), 1);
    if (budget_ != nullptr) budget_->Wake();
  }
  RenderCost last_cost() const { return last_cost_; }

 private:
  ServingTerms Terms() const {
    return {{limits_.least_timeout, limits_.timeout}, limits_.jail, cancel_.get()};
  }

  using Part = MemoryBudget::Part;
  // One try with no more memory than that part of the budget.
  absl::StatusOr<Rendering> RenderWithin(Part part, const SourceFile& source,
                                         absl::Span<const Recipe> recipes, Traces& traces);
  std::int64_t MemoryOf(Part part) const;

  const RenderLimits limits_;
  const std::shared_ptr<MemoryBudget> budget_;  // null: none is shared
  std::atomic<bool> cancelled_ = false;
  const UniqueFd cancel_;  // readable from the first Cancel() on
  const std::shared_ptr<WorkerSource> workers_;
  LauncherClient launcher_;
  WorkerClient worker_;
  RenderCost last_cost_;
};

absl::StatusOr<Posture> Renderer::Slot::Prepare() {
  absl::StatusOr<Posture> posture = launcher_.Start();
  if (!posture.ok()) return posture;
  const absl::StatusOr<Posture> workers = workers_->Prepare(cancel_.get());
  if (!workers.ok()) return workers;
  posture->layers &= workers->layers;
  posture->landlock_abi = std::min(posture->landlock_abi, workers->landlock_abi);
  return posture;
}

absl::StatusOr<Rendering> Renderer::Slot::Render(const SourceFile& source,
                                                 absl::Span<const Recipe> recipes) {
  if (source.format == ImageFormat::kUnknown || recipes.empty() || recipes.size() > kMaxRecipes) {
    return absl::InternalError(absl::StrCat("cannot render format ", FormatTitle(source.format),
                                            " by ", recipes.size(), " recipes"));
  }
  Traces traces;
  absl::StatusOr<Rendering> rendering = RenderWithin(Part::kShare, source, recipes, traces);
  const std::int64_t share = MemoryOf(Part::kShare);
  if (share < MemoryOf(Part::kAll) &&
      ShortOfMemory(rendering.status(), source.format, traces, share)) {
    LogDebug(absl::StrCat("an image needs more than ", share, " bytes and waits to be alone"));
    rendering = RenderWithin(Part::kAll, source, recipes, traces);
  }
  if (ReasonOf(rendering.status()) == "NEEDS_MEMORY") {
    return WithReason(absl::ResourceExhaustedError(rendering.status().message()), "TOO_LARGE");
  }
  return rendering;
}

std::int64_t Renderer::Slot::MemoryOf(Part part) const {
  if (budget_ == nullptr) return limits_.max_memory_bytes;
  return std::min(limits_.max_memory_bytes,
                  part == Part::kAll ? budget_->total_bytes() : budget_->share_bytes());
}

absl::StatusOr<Rendering> Renderer::Slot::RenderWithin(Part part, const SourceFile& source,
                                                       absl::Span<const Recipe> recipes,
                                                       Traces& traces) {
  std::optional<MemoryBudget::Grant> grant;
  if (budget_ != nullptr) {
    if (std::optional<MemoryBudget::Grant> taken = budget_->Take(part, cancelled_)) {
      grant.emplace(*std::move(taken));
    } else {
      return absl::CancelledError("rendering was stopped");
    }
  }
  const absl::StatusOr<ResultBuffer> result = ResultBuffer::Make(recipes);
  if (!result.ok()) return result.status();
  wire::Request request = MakeRequest(source, recipes, limits_, result->size_bytes());
  request.limits.max_memory_bytes = static_cast<std::uint64_t>(MemoryOf(part));
  // One program writes AVIF, and reads everything, too.
  const bool avif = std::any_of(recipes.begin(), recipes.end(), [](const Recipe& recipe) {
    return recipe.format == OutputFormat::kAvif;
  });
  const bool fast = IsReadByFastRenderer(source.format) && !avif;
  const absl::StatusOr<ServingEnd> ended =
      fast ? launcher_.Serve(request, source.bytes.get(), result->fd())
           : worker_.Serve(request, source.bytes.get(), result->fd());
  traces.header_pixels = PixelsByHeader(result->fd());
  if (!ended.ok()) return ended.status();
  traces.wait_status = ended->wait_status;
  last_cost_ = {ended->peak_rss_kib, ended->cpu_us};
  if (absl::Status judged = JudgeEnd(ended->wait_status); !judged.ok()) return judged;
  absl::StatusOr<Rendering> rendering = result->Read(recipes);
  if (!rendering.ok() && !fast) worker_.Retire();
  return rendering;
}

Renderer::Renderer(RendererPrograms programs, RenderLimits limits,
                   std::shared_ptr<WorkerSource> workers, std::shared_ptr<MemoryBudget> budget)
    : slot_(std::make_unique<Slot>(
          programs, limits,
          workers != nullptr ? std::move(workers) : MakeWorkerSource(programs, limits),
          std::move(budget))) {}
Renderer::~Renderer() = default;

absl::StatusOr<Posture> Renderer::Prepare() { return slot_->Prepare(); }

absl::StatusOr<Rendering> Renderer::Render(const SourceFile& source,
                                           absl::Span<const Recipe> recipes) {
  return slot_->Render(source, recipes);
}

RenderCost Renderer::last_cost() const { return slot_->last_cost(); }

void Renderer::Cancel() { slot_->Cancel(); }

}  // namespace hestia
