// How fast the real render path is: ReadSource and Renderer over a folder of images.

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/error_reason.h"
#include "common/monotonic_clock.h"
#include "common/named_thread.h"
#include "common/path_text.h"
#include "common/settings.h"
#include "common/version.h"
#include "thumbnail-service/jobs/recipe.h"
#include "thumbnail-service/render/render_settings.h"

ABSL_FLAG(std::string, recipes, "large=512:webp:80,medium=256:webp:80,small=128:webp:80",
          "Recipes to render, NAME=BOX[:FORMAT[:QUALITY[:EFFORT]]], separated by commas");
ABSL_FLAG(int, workers, 2, "Threads, each with a renderer of its own, 1 to 256");
ABSL_FLAG(int, repeat, 1, "How often the folder is gone through, 1 to 10000");
ABSL_FLAG(bool, quiet, false, "Do not print a line for each file");
ABSL_FLAG(std::string, out, "",
          "Folder to write the thumbnails to, as NAME.RECIPE.FORMAT; empty: they are dropped");

namespace hestia {
namespace {
struct Tally {
  absl::Mutex mu;
  std::vector<double> milliseconds ABSL_GUARDED_BY(mu);
  std::map<std::string, int> failures ABSL_GUARDED_BY(mu);
  std::int64_t source_bytes ABSL_GUARDED_BY(mu) = 0;
  std::int64_t thumbnail_bytes ABSL_GUARDED_BY(mu) = 0;
  std::uint64_t peak_rss_kib ABSL_GUARDED_BY(mu) = 0;
};

struct Run {
  LibraryFolder folder;
  RendererPrograms programs;
  std::vector<Recipe> recipes;
  std::vector<std::string> paths;  // path text
  std::string out;
  bool quiet = false;
};

std::vector<std::string> ListFiles(const std::string& root) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           root, std::filesystem::directory_options::skip_permission_denied)) {
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    paths.push_back(EncodePathText(entry.path().lexically_relative(root).native()));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void Save(const Run& run, const std::string& path, const Rendering& rendering) {
  const std::string flat = absl::StrReplaceAll(path, {{"/", "__"}});
  for (std::size_t i = 0; i < run.recipes.size(); ++i) {
    const std::string name = absl::StrCat(run.out, "/", flat, ".", run.recipes[i].name, ".",
                                          FormatName(run.recipes[i].format));
    std::ofstream(name, std::ios::binary) << rendering.images[i].data;
  }
}

void Report(const std::string& path, double milliseconds, absl::string_view what) {
  std::cout << absl::StrFormat("%9.1f ms  %s  %s\n", milliseconds, path, what);
}

absl::StatusOr<Rendering> RenderOne(const Run& run, Renderer& renderer, const std::string& path,
                                    std::int64_t& source_bytes) {
  const SourceRead read = ReadSource(run.folder, path, SourceLimitsFromSettings());
  if (!read.file.ok()) return read.file.status();
  source_bytes = read.file->identity.size_bytes;
  return renderer.Render(*read.file, run.recipes);
}

std::string Describe(const Rendering& rendering) {
  std::string text = absl::StrCat(rendering.source_width_px, "x", rendering.source_height_px, " →");
  for (const RenderedImage& image : rendering.images) {
    absl::StrAppend(&text, " ", image.width_px, "x", image.height_px, " (", image.data.size(),
                    " B)");
  }
  return text;
}

void Work(const Run& run, std::atomic<std::size_t>& next, std::size_t end, Tally& tally) {
  Renderer renderer(run.programs, RenderLimitsFromSettings());
  for (std::size_t i = next++; i < end; i = next++) {
    const std::string& path = run.paths[i % run.paths.size()];
    std::int64_t source_bytes = 0;
    const absl::Duration begin = MonotonicNow();
    const absl::StatusOr<Rendering> rendering = RenderOne(run, renderer, path, source_bytes);
    const double milliseconds = absl::ToDoubleMilliseconds(MonotonicNow() - begin);
    if (rendering.ok() && !run.out.empty()) Save(run, path, *rendering);
    const absl::MutexLock lock(&tally.mu);
    tally.source_bytes += source_bytes;
    tally.peak_rss_kib = std::max(tally.peak_rss_kib, renderer.last_cost().peak_rss_kib);
    if (rendering.ok()) {
      tally.milliseconds.push_back(milliseconds);
      for (const RenderedImage& image : rendering->images) {
        tally.thumbnail_bytes += static_cast<std::int64_t>(image.data.size());
      }
      if (!run.quiet) Report(path, milliseconds, Describe(*rendering));
    } else {
      const std::string reason = ReasonOf(rendering.status())
                                     .value_or(absl::StatusCodeToString(rendering.status().code()));
      ++tally.failures[reason];
      if (!run.quiet) {
        Report(path, milliseconds, absl::StrCat(reason, ": ", rendering.status().message()));
      }
    }
  }
}

double Quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void PrintSummary(Tally& tally, absl::Duration took, int workers) {
  const absl::MutexLock lock(&tally.mu);
  std::sort(tally.milliseconds.begin(), tally.milliseconds.end());
  const std::size_t ok = tally.milliseconds.size();
  int failed = 0;
  std::string reasons;
  for (const auto& [reason, count] : tally.failures) {
    failed += count;
    std::cout << absl::StrFormat("failed %d: %s\n", count, reason);
    absl::StrAppend(&reasons, reasons.empty() ? "" : ",", "\"", reason, "\":", count);
  }
  const double seconds = absl::ToDoubleSeconds(took);
  const double files = static_cast<double>(ok) + failed;
  std::cout << absl::StrFormat("%.0f files in %.2f s with %d workers: %.1f files a second\n", files,
                               seconds, workers, files / seconds);
  std::cout << absl::StrFormat(
      R"({"benchmark":"render","files":%.0f,"ok":%d,"failed":%d,"seconds":%.3f,)"
      R"("files_per_second":%.2f,"workers":%d,"p50_ms":%.2f,"p95_ms":%.2f,"max_ms":%.2f,)"
      R"("source_bytes":%d,"thumbnail_bytes":%d,"renderer_peak_kib":%d,"failures":{%s}})"
      "\n",
      files, ok, failed, seconds, files / seconds, workers, Quantile(tally.milliseconds, 0.5),
      Quantile(tally.milliseconds, 0.95), Quantile(tally.milliseconds, 1), tally.source_bytes,
      tally.thumbnail_bytes, tally.peak_rss_kib, reasons);
}

int Bench(const std::string& root) {
  absl::StatusOr<LibraryFolder> folder = LibraryFolder::Open(root);
  const absl::StatusOr<RendererPrograms> programs = FindRendererPrograms();
  absl::StatusOr<std::vector<Recipe>> recipes = ParseRecipes(absl::GetFlag(FLAGS_recipes));
  for (const absl::Status& status : {folder.status(), programs.status(), recipes.status()}) {
    if (status.ok()) continue;
    std::cerr << "bench-render: " << status.message() << "\n";
    return 1;
  }
  const Run run{*std::move(folder),       *programs,
                *std::move(recipes),      ListFiles(root),
                absl::GetFlag(FLAGS_out), absl::GetFlag(FLAGS_quiet)};
  if (run.paths.empty()) {
    std::cerr << "bench-render: no files in " << root << "\n";
    return 1;
  }
  if (!run.out.empty()) std::filesystem::create_directories(run.out);
  const int workers = absl::GetFlag(FLAGS_workers);
  const std::size_t end = run.paths.size() * static_cast<std::size_t>(absl::GetFlag(FLAGS_repeat));
  std::atomic<std::size_t> next = 0;
  Tally tally;
  const absl::Duration begin = MonotonicNow();
  {
    std::vector<NamedThread> threads;
    for (int i = 0; i < workers; ++i) {
      threads.emplace_back(absl::StrCat("bench-", i), [&] { Work(run, next, end, tally); });
    }
  }
  PrintSummary(tally, MonotonicNow() - begin, workers);
  return 0;
}
}  // namespace
}  // namespace hestia

int main(int argc, char** argv) {
  const bool has_folder = argc > 1 && argv[argc - 1][0] != '-';
  const std::string root = has_folder ? argv[argc - 1] : "";
  hestia::ReadSettingsOrExit(
      has_folder ? argc - 1 : argc, argv,
      {"bench-render", "Renders every file beneath DIR and says how long it took.",
       hestia::kVersion, "bench-render [--workers=N] [--out=DIR] DIR\n"},
      [&](hestia::SettingErrors& errors) {
        hestia::ValidateRenderSettings(errors);
        const auto within = [](int value, int most) { return value >= 1 && value <= most; };
        if (!within(absl::GetFlag(FLAGS_workers), 256)) errors.Add("workers", "must be 1 to 256");
        if (!within(absl::GetFlag(FLAGS_repeat), 10000)) errors.Add("repeat", "must be 1 to 10000");
        if (!has_folder) errors.Add("DIR", "name the folder to render, last");
      });
  return hestia::Bench(root);
}
