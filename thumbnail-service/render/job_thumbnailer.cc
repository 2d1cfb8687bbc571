#include "thumbnail-service/render/job_thumbnailer.h"

#include <utility>

#include <absl/strings/str_cat.h>

#include "common/logging.h"
#include "common/monotonic_clock.h"
#include "thumbnail-service/render/folder_file.h"

namespace hestia {
namespace {

constexpr absl::Duration kLookAgain = absl::Seconds(2);

class MemorySource final : public OpenedSource {
 public:
  explicit MemorySource(SourceFile file) : file_(std::move(file)) {
    key_.digest = file_.digest.bytes;
    key_.size_bytes = file_.identity.size_bytes;
  }
  const ContentKey& key() const override { return key_; }
  const SourceFile& file() const { return file_; }

 private:
  const SourceFile file_;
  ContentKey key_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<OpenedFile>> OpenedFolders::Open(std::int64_t library_id,
                                                                absl::string_view path) {
  const absl::StatusOr<std::shared_ptr<const LibraryFolder>> folder = Find(library_id);
  if (!folder.ok()) return folder.status();
  absl::StatusOr<std::unique_ptr<OpenedFile>> file = OpenFolderFile(**folder, path);
  if (absl::IsNotFound(file.status())) Doubt(library_id);
  return file;
}

absl::StatusOr<std::shared_ptr<const LibraryFolder>> OpenedFolders::Find(
    std::int64_t library_id) {
  const std::optional<LibraryRoots::Library> library = roots_.Find(library_id);
  if (!library.has_value()) return absl::UnavailableError("the library's folder is not known yet");
  const absl::Duration now = MonotonicNow();
  {
    absl::MutexLock lock(&mu_);
    const Entry& entry = entries_[library_id];
    if (entry.root == library->root && entry.folder != nullptr) return entry.folder;
    if (entry.root == library->root && now < entry.look_again_at) {
      return absl::UnavailableError(entry.problem);
    }
  }
  // Not under the lock: a mount that hangs must hold up its own library only.
  absl::StatusOr<LibraryFolder> folder = LibraryFolder::Open(library->root);
  absl::MutexLock lock(&mu_);
  Entry& entry = entries_[library_id];
  const bool was_told = entry.root == library->root && !entry.problem.empty();
  entry = Entry{.root = library->root, .folder = nullptr, .problem = "", .look_again_at = {}};
  if (folder.ok()) {
    entry.folder = std::make_shared<const LibraryFolder>(*std::move(folder));
    LogDebug(absl::StrCat("library folder opened library=", library->name));
    return entry.folder;
  }
  entry.look_again_at = now + kLookAgain;
  entry.problem = absl::StrCat("the folder of library ", library->name, " is not here, so none of ",
                               "its jobs are taken: ", folder.status().message());
  if (!was_told) LogWarning(entry.problem);
  return absl::UnavailableError(entry.problem);
}

void OpenedFolders::Doubt(std::int64_t library_id) {
  absl::MutexLock lock(&mu_);
  entries_.erase(library_id);
}

std::vector<std::int64_t> OpenedFolders::Available() {
  std::vector<std::int64_t> available;
  for (const LibraryRoots::Library& library : roots_.All()) {
    if (Find(library.id).ok()) available.push_back(library.id);
  }
  return available;
}

std::string OpenedFolders::Problem() const {
  absl::MutexLock lock(&mu_);
  std::string problems;
  for (const auto& [id, entry] : entries_) {
    if (!entry.problem.empty() && roots_.Find(id).has_value()) {
      absl::StrAppend(&problems, problems.empty() ? "" : "; ", entry.problem);
    }
  }
  return problems;
}

JobThumbnailer::JobThumbnailer(FileAccess& files, SourceLimits source_limits,
                               RendererPrograms programs, RenderLimits render_limits,
                               std::shared_ptr<WorkerSource> workers,
                               std::shared_ptr<MemoryBudget> budget)
    : files_(files),
      source_limits_(source_limits),
      renderer_(std::move(programs), render_limits, std::move(workers), std::move(budget)) {}

ReadOutcome JobThumbnailer::Read(std::int64_t library_id, absl::string_view path) {
  SourceRead read = ReadSource(files_.Open(library_id, path), path, source_limits_);
  ReadOutcome outcome{.stamp = read.identity, .source = {}, .status = read.file.status()};
  if (read.file.ok()) outcome.source = std::make_unique<MemorySource>(*std::move(read.file));
  return outcome;
}

void JobThumbnailer::Cancel() {
  files_.Cancel();
  renderer_.Cancel();
}

absl::StatusOr<Rendered> JobThumbnailer::Render(const OpenedSource& source,
                                                absl::Span<const StoredRecipe> recipes) {
  std::vector<Recipe> wanted;
  for (const StoredRecipe& recipe : recipes) wanted.push_back(recipe.recipe);
  absl::StatusOr<Rendering> rendering =
      renderer_.Render(static_cast<const MemorySource&>(source).file(), wanted);
  if (!rendering.ok()) return rendering.status();
  Rendered rendered{.source_width_px = rendering->source_width_px,
                    .source_height_px = rendering->source_height_px,
                    .placeholder = std::move(rendering->placeholder),
                    .damage = std::move(rendering->damage),
                    .thumbnails = {}};
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    RenderedImage& image = rendering->images[i];
    rendered.thumbnails.push_back(Thumbnail{.recipe_id = recipes[i].id,
                                            .format = image.format,
                                            .width_px = image.width_px,
                                            .height_px = image.height_px,
                                            .data = std::move(image.data)});
  }
  return rendered;
}

}  // namespace hestia
