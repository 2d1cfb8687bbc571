#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_JOB_THUMBNAILER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_JOB_THUMBNAILER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "thumbnail-service/jobs/file_access.h"
#include "thumbnail-service/jobs/library_roots.h"
#include "thumbnail-service/jobs/thumbnailer.h"
#include "thumbnail-service/render/library_folder.h"
#include "thumbnail-service/render/renderer.h"
#include "thumbnail-service/render/source_file.h"

namespace hestia {

// The libraries' folders, opened when first needed and opened anew when they were not there.
//
// Thread-safety: every method from any thread. Blocking: opening a folder waits for its disk.
// Memory: one descriptor a library. Lifetime: `roots` outlives it.
class OpenedFolders final : public FileAccess {
 public:
  explicit OpenedFolders(const LibraryRoots& roots) : roots_(roots) {}

  absl::StatusOr<std::unique_ptr<OpenedFile>> Open(std::int64_t library_id,
                                                   absl::string_view path) override;
  // What is not here is looked for again every few seconds and named in Problem().
  std::vector<std::int64_t> Available() override ABSL_LOCKS_EXCLUDED(mu_);
  std::string Problem() const override ABSL_LOCKS_EXCLUDED(mu_);
  // Nothing here waits for the network.
  void Cancel() override {}

 private:
  // kNotFound and the like as LibraryFolder::Open: the folder is not here (now).
  absl::StatusOr<std::shared_ptr<const LibraryFolder>> Find(std::int64_t library_id)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Opens it anew next time: a file that should be there was not, so the root may have been
  // replaced.
  void Doubt(std::int64_t library_id) ABSL_LOCKS_EXCLUDED(mu_);

  struct Entry {
    std::string root;
    std::shared_ptr<const LibraryFolder> folder;  // null: not here
    std::string problem;
    absl::Duration look_again_at;
  };

  const LibraryRoots& roots_;
  mutable absl::Mutex mu_;
  absl::flat_hash_map<std::int64_t, Entry> entries_ ABSL_GUARDED_BY(mu_);
};

// One worker's slot: reads files of the libraries and renders them in the renderer processes.
// See jobs/thumbnailer.h for the contract.
class JobThumbnailer final : public Thumbnailer {
 public:
  // `files` is shared by all slots and outlives them; `workers` and `budget` are shared, too.
  JobThumbnailer(FileAccess& files, SourceLimits source_limits, RendererPrograms programs,
                 RenderLimits render_limits, std::shared_ptr<WorkerSource> workers,
                 std::shared_ptr<MemoryBudget> budget);

  // Starts the renderer; see Renderer::Prepare.
  absl::StatusOr<Posture> Prepare() { return renderer_.Prepare(); }

  ReadOutcome Read(std::int64_t library_id, absl::string_view path) override;
  absl::StatusOr<Rendered> Render(const OpenedSource& source,
                                  absl::Span<const StoredRecipe> recipes) override;
  void Cancel() override;

 private:
  FileAccess& files_;
  const SourceLimits source_limits_;
  Renderer renderer_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_JOB_THUMBNAILER_H_
