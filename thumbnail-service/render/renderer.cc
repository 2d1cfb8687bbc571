#include "thumbnail-service/render/renderer.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/error_reason.h"
#include "common/unique_fd.h"
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
       std::shared_ptr<WorkerSource> workers)
      : limits_(limits),
        cancel_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        workers_(std::move(workers)),
        launcher_(programs.fast, Terms()),
        worker_(workers_, Terms()) {}

  absl::StatusOr<Posture> Prepare();
  absl::StatusOr<Rendering> Render(const SourceFile& source, absl::Span<const Recipe> recipes);
  void Cancel() { ::eventfd_write(cancel_.get(), 1); }
  RenderCost last_cost() const { return last_cost_; }

 private:
  ServingTerms Terms() const { return {{limits_.least_timeout, limits_.timeout}, limits_.jail, cancel_.get()}; }

  const RenderLimits limits_;
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
  const absl::StatusOr<ResultBuffer> result = ResultBuffer::Make(recipes);
  if (!result.ok()) return result.status();
  const wire::Request request =
      MakeRequest(source, recipes, limits_, result->size_bytes());
  // One program writes AVIF, and reads everything, too.
  const bool avif = std::any_of(recipes.begin(), recipes.end(), [](const Recipe& recipe) {
    return recipe.format == OutputFormat::kAvif;
  });
  const bool fast = IsReadByFastRenderer(source.format) && !avif;
  const absl::StatusOr<ServingEnd> ended =
      fast ? launcher_.Serve(request, source.bytes.get(), result->fd())
           : worker_.Serve(request, source.bytes.get(), result->fd());
  if (!ended.ok()) return ended.status();
  last_cost_ = {ended->peak_rss_kib, ended->cpu_us};
  if (absl::Status judged = JudgeEnd(ended->wait_status); !judged.ok()) return judged;
  absl::StatusOr<Rendering> rendering = result->Read(recipes);
  if (!rendering.ok() && !fast) worker_.Retire();
  return rendering;
}

Renderer::Renderer(RendererPrograms programs, RenderLimits limits,
                   std::shared_ptr<WorkerSource> workers)
    : slot_(std::make_unique<Slot>(
          programs, limits,
          workers != nullptr ? std::move(workers) : MakeWorkerSource(programs, limits))) {}
Renderer::~Renderer() = default;

absl::StatusOr<Posture> Renderer::Prepare() { return slot_->Prepare(); }

absl::StatusOr<Rendering> Renderer::Render(const SourceFile& source,
                                           absl::Span<const Recipe> recipes) {
  return slot_->Render(source, recipes);
}

RenderCost Renderer::last_cost() const { return slot_->last_cost(); }

void Renderer::Cancel() { slot_->Cancel(); }

}  // namespace hestia
