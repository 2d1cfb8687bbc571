// What the jail costs, and how quickly it lets go: see README.md.

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/clock.h>

#include "common/error_reason.h"
#include "common/monotonic_clock.h"
#include "common/path_text.h"
#include "common/settings.h"
#include "common/version.h"
#include "tests/bench/unjailed.h"
#include "tests/thumbnail-service/jail/bombs.h"
#include "tests/thumbnail-service/render/image_factory.h"
#include "thumbnail-service/render/render_settings.h"

ABSL_FLAG(int, rounds, 5, "Rounds of the comparison, jailed and not in turn, 1 to 100");
ABSL_FLAG(int, tiny_files, 10'000, "How many 64 x 64 PNGs to make, 100 to 1000000");
ABSL_FLAG(int, processes, 2, "Processes that render at a time, 1 to 64");

namespace hestia {
namespace {
const std::vector<Recipe>& Recipes() {
  static const auto recipes = ParseRecipes("large=512,medium=256,small=128").value();
  return recipes;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}
double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

struct Library {
  LibraryFolder folder;
  std::vector<std::string> paths;
};

Library OpenLibrary(const std::string& root) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) {
      paths.push_back(EncodePathText(entry.path().lexically_relative(root).native()));
    }
  }
  std::sort(paths.begin(), paths.end());
  return {LibraryFolder::Open(root).value(), std::move(paths)};
}

SourceFile ReadFile(const Library& library, const std::string& path) {
  return std::move(ReadSource(library.folder, path, {}).file).value();
}

using RenderOne = std::function<bool(const SourceFile&)>;

// Goes through the library in processes that take one file after another. `make` is called in
// each of them.
double FilesPerSecond(const Library& library, const std::function<RenderOne()>& make) {
  auto* const next = new (::mmap(nullptr, sizeof(std::atomic<std::size_t>), PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0)) std::atomic<std::size_t>(0);
  const absl::Duration begin = MonotonicNow();
  const int processes = absl::GetFlag(FLAGS_processes);
  for (int i = 0; i < processes; ++i) {
    if (::fork() != 0) continue;
    bool fine = true;
    {
      const RenderOne render = make();
      for (std::size_t at = (*next)++; at < library.paths.size(); at = (*next)++) {
        fine = render(ReadFile(library, library.paths[at])) && fine;
      }
    }
    ::_exit(fine ? 0 : 1);
  }
  for (int i = 0; i < processes; ++i) {
    int status = 0;
    ::wait(&status);
    if (status != 0) std::cerr << "bench-jail: an image could not be rendered\n";
  }
  const double seconds = absl::ToDoubleSeconds(MonotonicNow() - begin);
  ::munmap(next, sizeof(*next));
  return static_cast<double>(library.paths.size()) / seconds;
}

RenderOne Jailed(const RendererPrograms& programs) {
  const auto renderer = std::make_shared<Renderer>(programs, RenderLimitsFromSettings());
  return [renderer](const SourceFile& source) { return renderer->Render(source, Recipes()).ok(); };
}

RenderOne Unjailed() {
  return [](const SourceFile& source) {
    return RenderInThisProcess(source, Recipes(), RenderLimitsFromSettings());
  };
}

struct Comparison {
  double jailed = 0;
  double unjailed = 0;
  double ratio = 0;
};

Comparison Compare(const Library& library, const RendererPrograms& programs) {
  std::vector<double> jailed;
  std::vector<double> unjailed;
  std::vector<double> ratios;
  for (int i = 0; i < absl::GetFlag(FLAGS_rounds); ++i) {
    unjailed.push_back(FilesPerSecond(library, Unjailed));
    jailed.push_back(FilesPerSecond(library, [&] { return Jailed(programs); }));
    ratios.push_back(jailed.back() / unjailed.back());
  }
  return {Median(jailed), Median(unjailed), Median(ratios)};
}

class Workplace {
 public:
  Workplace() : path_("/tmp/hestia-bench-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Workplace() { std::filesystem::remove_all(path_); }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  SourceFile Source(const std::string& bytes) const {
    Put("one", bytes);
    return std::move(ReadSource(LibraryFolder::Open(path_).value(), "one", {}).file).value();
  }
  void Put(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << bytes;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void PutTinyFiles(const Workplace& place, int count) {
  for (int i = 0; i < count; ++i) {
    Pixels pixels = FourCorners(64, 64);
    pixels.At(i % 64, i / 64 % 64) = {i & 255, i >> 8 & 255, 7, 255};
    place.Put(absl::StrCat(i, ".png"), MakePng(pixels));
  }
}

std::vector<double> Milliseconds(int times, const std::function<void()>& work) {
  std::vector<double> taken;
  for (int i = 0; i < times; ++i) {
    const absl::Duration begin = MonotonicNow();
    work();
    taken.push_back(absl::ToDoubleMilliseconds(MonotonicNow() - begin));
  }
  return taken;
}

// From the limit to the answer, for a decode that hangs with `bytes` in hand.
double WorstRelease(const Workplace& place) {
  RenderLimits limits;
  limits.timeout = absl::Milliseconds(200);
  Renderer renderer({HESTIA_FAULTY_RENDERER, HESTIA_FAULTY_WORKER}, limits);
  double worst = 0;
  for (const std::string bytes :
       {"\xff\xd8\xff" "FAULT:spin;", "\xff\xd8\xff" "FAULT:fat;", "GIF89a spin"}) {
    const SourceFile source = place.Source(bytes);
    (void)renderer.Prepare();
    for (int i = 0; i < 10; ++i) {
      absl::SleepFor(absl::Milliseconds(300));  // a reserve is not what is measured
      const double taken =
          Milliseconds(1, [&] { (void)renderer.Render(source, Recipes()); }).front();
      worst = std::max(worst, taken - 200);
    }
  }
  return worst;
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  std::ifstream file(absl::StrCat("/proc/", parent, "/task/", parent, "/children"));
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

// From the death of an OpenImageIO worker to its successor's first thumbnail, beyond the time
// that one takes otherwise.
double WorstRecovery(const Workplace& place, const RendererPrograms& programs) {
  Renderer renderer(programs, RenderLimitsFromSettings());
  const SourceFile source = place.Source("P6\n1 1\n255\nabc");
  const auto render = [&] { (void)renderer.Render(source, Recipes()); };
  render();
  double worst = 0;
  for (int i = 0; i < 5; ++i) {
    absl::SleepFor(absl::Seconds(2));
    const double usual = Median(Milliseconds(5, render));
    for (const pid_t launcher : ChildrenOf(::getpid())) {
      // The elder is at work, the younger in reserve.
      const std::vector<pid_t> workers = ChildrenOf(launcher);
      if (workers.size() == 2) ::kill(workers.front(), SIGKILL);
    }
    worst = std::max(worst, Milliseconds(1, render).front() - usual);
  }
  return worst;
}

// The longest verdict by a header; for OpenImageIO with a worker that is ready. What only decoding
// gives away is timed, too, but does not count.
double WorstHeaderVerdict(const Workplace& place, const RendererPrograms& programs) {
  Renderer renderer(programs, RenderLimitsFromSettings());
  (void)renderer.Render(place.Source("P6\n1 1\n255\nabc"), Recipes());
  double worst = 0;
  for (const Bomb& bomb : MakeBombs()) {
    const SourceFile source = place.Source(bomb.bytes);
    absl::SleepFor(absl::Seconds(2));
    const double taken =
        Milliseconds(1, [&] { (void)renderer.Render(source, Recipes()); }).front();
    std::cout << absl::StrFormat("%9.2f ms  %s%s\n", taken, bomb.name,
                                 bomb.by_header ? "" : " (not by its header)");
    if (bomb.by_header) worst = std::max(worst, taken);
  }
  return worst;
}

int Bench(const std::string& photos) {
  const absl::StatusOr<RendererPrograms> programs = FindRendererPrograms();
  if (!programs.ok()) {
    std::cerr << "bench-jail: " << programs.status().message() << "\n";
    return 1;
  }
  const Comparison photo = Compare(OpenLibrary(photos), *programs);
  const Workplace tiny;
  PutTinyFiles(tiny, absl::GetFlag(FLAGS_tiny_files));
  const Library library = OpenLibrary(tiny.path());
  const Comparison small = Compare(library, *programs);

  const Workplace place;
  const SourceFile source = place.Source(MakePng(FourCorners(64, 64)));
  const auto read = Milliseconds(2000, [&] { (void)ReadFile(library, library.paths[0]); });
  Renderer noop({HESTIA_NOOP_RENDERER, programs->oiio}, RenderLimitsFromSettings());
  (void)noop.Prepare();
  const auto empty = Milliseconds(5000, [&] { (void)noop.Render(source, Recipes()); });
  const auto decode = Milliseconds(2000, [&] { (void)Unjailed()(source); });
  const double header = WorstHeaderVerdict(place, *programs);
  const double release = WorstRelease(place);
  const double recovery = WorstRecovery(place, *programs);
  std::cout << absl::StrFormat(
      R"({"benchmark":"jail","photos_jailed_per_second":%.2f,"photos_unjailed_per_second":%.2f,)"
      R"("photos_ratio":%.4f,"tiny_jailed_per_second":%.0f,"tiny_unjailed_per_second":%.0f,)"
      R"("tiny_read_p50_ms":%.3f,"tiny_decode_p50_ms":%.3f,"noop_p50_ms":%.3f,"noop_p95_ms":%.3f,)"
      R"("header_verdict_max_ms":%.2f,"hung_release_max_ms":%.2f,"worker_recovery_max_ms":%.2f})"
      "\n",
      photo.jailed, photo.unjailed, photo.ratio, small.jailed, small.unjailed, Median(read),
      Median(decode), Median(empty), Quantile(empty, 0.95), header, release, recovery);
  return 0;
}
}  // namespace
}  // namespace hestia

int main(int argc, char** argv) {
  const bool has_folder = argc > 1 && argv[argc - 1][0] != '-';
  const std::string photos = has_folder ? argv[argc - 1] : "";
  hestia::ReadSettingsOrExit(
      has_folder ? argc - 1 : argc, argv,
      {"bench-jail", "Says what the renderers' jail costs and how quickly it lets go.",
       hestia::kVersion, "bench-jail [--rounds=N] DIR_OF_PHOTOS\n"},
      [&](hestia::SettingErrors& errors) {
        hestia::ValidateRenderSettings(errors);
        const auto check = [&](const char* flag, int value, int least, int most) {
          if (value < least || value > most) errors.Add(flag, "is out of range, see --help");
        };
        check("rounds", absl::GetFlag(FLAGS_rounds), 1, 100);
        check("tiny_files", absl::GetFlag(FLAGS_tiny_files), 100, 1'000'000);
        check("processes", absl::GetFlag(FLAGS_processes), 1, 64);
        if (!has_folder) errors.Add("DIR_OF_PHOTOS", "name a folder of JPEG, PNG or WebP, last");
      });
  return hestia::Bench(photos);
}
