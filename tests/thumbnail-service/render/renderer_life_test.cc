// How renderer processes begin and end.

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "common/named_thread.h"
#include "common/unique_fd.h"
#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
// Processes whose parent is `parent`.
std::set<pid_t> ChildrenOf(pid_t parent) {
  std::set<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc()) continue;
    std::ifstream file(entry.path() / "stat");
    std::string stat;
    std::getline(file, stat);
    const std::size_t behind_name = stat.rfind(')');
    if (behind_name == std::string::npos) continue;
    // After the name: a blank, the state, a blank, the parent.
    const char* number = stat.data() + behind_name + 4;
    pid_t of = 0;
    std::from_chars(number, stat.data() + stat.size(), of);
    if (of == parent) children.insert(pid);
  }
  return children;
}

// Kills them and waits until they are gone, though perhaps not yet from their parent's books.
void KillChildrenOf(pid_t parent) {
  for (const pid_t child : ChildrenOf(parent)) {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    ::kill(child, SIGKILL);
    pollfd gone{process.get(), POLLIN, 0};
    ::poll(&gone, 1, -1);
  }
}

const std::string& Photo() {
  static const std::string photo = MakeJpeg(FourCorners(300, 200));
  return photo;
}
std::string Fault(absl::string_view word) {
  return absl::StrCat("\xff\xd8\xff", "FAULT:", word, ";");
}

using RendererLifeTest = RenderingTest;

TEST_F(RendererLifeTest, PrepareStartsTheTwoLaunchersAndNothingElse) {
  ASSERT_TRUE(renderer_.Prepare().ok());
  const std::set<pid_t> launchers = ChildrenOf(::getpid());
  EXPECT_EQ(launchers.size(), 2U);
  for (const pid_t launcher : launchers) EXPECT_TRUE(ChildrenOf(launcher).empty());
}

// What a library does when a process first enters it the launcher has done for all of them.
TEST_F(RendererLifeTest, NoLibraryIsNewToAnImagesProcess) {
  const std::vector<Recipe> recipes = Recipes("a=128:webp:80,b=100:jpeg:80,c=64:png");
  const Pixels pixels = FourCorners(300, 200);
  for (const std::string& bytes : {MakeJpeg(pixels), MakePng(pixels), MakeWebp(pixels)}) {
    const absl::StatusOr<Rendering> rendering = Render(bytes, recipes);
    ASSERT_TRUE(rendering.ok());
    EXPECT_EQ(rendering->first_uses, 0);
  }
}

// Photos of one camera have one size.
TEST_F(RendererLifeTest, WhatTwoImagesHadToPrepareForScalingTheNextOnesHave) {
  const auto made = [&](int width) {
    const absl::StatusOr<Rendering> rendering = Render(MakeJpeg(FourCorners(width, 600)));
    return rendering.ok() ? rendering->scalings_made : -1;
  };
  EXPECT_GT(made(800), 0);
  EXPECT_GT(made(800), 0);
  EXPECT_EQ(made(800), 0);
  EXPECT_GT(made(801), 0) << "another size";
  EXPECT_EQ(made(800), 0);
}

TEST_F(RendererLifeTest, LibrariesAreNewToAWorkerOnce) {
  const std::vector<Recipe> recipes = Recipes("a=64:avif");
  const absl::StatusOr<Rendering> first = Render(Photo(), recipes);
  const absl::StatusOr<Rendering> second = Render(Photo(), recipes);
  ASSERT_TRUE(first.ok() && second.ok());
  // The reader, the resizer, the encoder and the placeholder.
  EXPECT_EQ(first->first_uses, 4);
  EXPECT_EQ(second->first_uses, 0);
}

TEST_F(RendererLifeTest, ALauncherThatDiedIsReplaced) {
  ASSERT_TRUE(Render(Photo()).ok());
  for (const pid_t launcher : ChildrenOf(::getpid())) ::kill(launcher, SIGKILL);
  EXPECT_TRUE(Render(Photo()).ok());
}

TEST_F(RendererLifeTest, AWorkerThatDiedIsReplaced) {
  const std::string pixmap = "P6\n1 1\n255\nabc";
  ASSERT_TRUE(Render(pixmap).ok());
  for (const pid_t launcher : ChildrenOf(::getpid())) KillChildrenOf(launcher);
  EXPECT_TRUE(Render(pixmap).ok());
}

TEST_F(RendererLifeTest, AWorkerLauncherThatDiedIsReplaced) {
  const std::string pixmap = "P6\n1 1\n255\nabc";
  ASSERT_TRUE(Render(pixmap).ok());
  KillChildrenOf(::getpid());
  EXPECT_TRUE(Render(pixmap).ok());
}

TEST_F(RendererLifeTest, OneWorkerIsKeptInReserveForAllSlots) {
  const std::shared_ptr<WorkerSource> workers = MakeWorkerSource(BuiltRenderers(), {});
  Renderer first(BuiltRenderers(), {}, workers);
  Renderer second(BuiltRenderers(), {}, workers);
  const SourceFile pixmap = Source("P6\n1 1\n255\nabc");
  ASSERT_TRUE(first.Render(pixmap, DefaultRecipes()).ok());
  ASSERT_TRUE(second.Render(pixmap, DefaultRecipes()).ok());
  std::size_t most = 0;
  for (const pid_t launcher : ChildrenOf(::getpid())) {
    most = std::max(most, ChildrenOf(launcher).size());
  }
  EXPECT_EQ(most, 3U);
}

TEST_F(RendererLifeTest, ItsProcessesEndWithIt) {
  {
    Renderer renderer(BuiltRenderers(), {});
    ASSERT_TRUE(renderer.Render(Source(Photo()), DefaultRecipes()).ok());
    ASSERT_TRUE(renderer.Render(Source("P6\n1 1\n255\nabc"), DefaultRecipes()).ok());
    // Its launchers: one of its own, one of its workers'.
    EXPECT_EQ(ChildrenOf(::getpid()).size(), 2U);
  }
  EXPECT_TRUE(ChildrenOf(::getpid()).empty());
}

TEST_F(RendererLifeTest, AMissingProgramIsToldByItsPath) {
  Renderer renderer({"/nowhere/thumbnail-renderer", "/nowhere/thumbnail-renderer-oiio"}, {});
  for (const absl::Status& status :
       {renderer.Prepare().status(), renderer.Render(Source(Photo()), DefaultRecipes()).status(),
        renderer.Render(Source("GIF89a"), DefaultRecipes()).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_EQ(Reason(status), "RENDERER_UNAVAILABLE");
    EXPECT_TRUE(absl::StrContains(status.message(), "/nowhere/thumbnail-renderer")) << status;
  }
}

TEST_F(RendererLifeTest, AProgramThatIsNoRendererIsToldAsSuch) {
  Renderer renderer({"/bin/true", "/bin/true"}, {});
  const absl::Status status = renderer.Prepare().status();
  EXPECT_EQ(Reason(status), "RENDERER_UNAVAILABLE");
  EXPECT_TRUE(absl::StrContains(status.message(), "exit code 0")) << status;
}

TEST_F(RendererLifeTest, RecipesAreRequired) {
  EXPECT_EQ(renderer_.Render(Source(Photo()), {}).status().code(), absl::StatusCode::kInternal);
}

// SIGKILL for the service: nothing of ours can run any more, its processes must go all the
// same. They become this one's children, so that their end can be waited for.
TEST_F(RendererLifeTest, ItsProcessesEndWithAKilledService) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const SourceFile hangs = Source(Fault("spin"));
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t service = ::fork();
  ASSERT_GE(service, 0);
  if (service == 0) {
    Renderer renderer({HESTIA_FAULTY_RENDERER, HESTIA_FAULTY_WORKER}, {});
    const bool started = renderer.Prepare().ok();
    if (::write(ready[1], started ? "y" : "n", 1) == 1) {
      (void)renderer.Render(hangs, DefaultRecipes());
    }
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  ::kill(service, SIGKILL);
  int ended = 0;
  while (::waitpid(-1, nullptr, 0) > 0) ++ended;
  EXPECT_GE(ended, 2);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

class CancelTest : public RenderingTest {
 protected:
  CancelTest() : RenderingTest({HESTIA_FAULTY_RENDERER, HESTIA_FAULTY_WORKER}, Patient()) {}
  static RenderLimits Patient() {
    RenderLimits limits = Unhurried();
    limits.least_timeout = limits.timeout = absl::Minutes(5);
    return limits;
  }

  // Cancels while `bytes`, which would take forever, is in work.
  absl::Status RenderCancelled(const std::string& bytes) {
    const SourceFile source = Source(bytes);
    absl::Status status;
    NamedThread worker("render",
                       [&] { status = renderer_.Render(source, DefaultRecipes()).status(); });
    renderer_.Cancel();
    worker.Join();
    return status;
  }
};

TEST_F(CancelTest, AHungImageIsGivenUpAtOnceAndForGood) {
  EXPECT_TRUE(absl::IsCancelled(RenderCancelled(Fault("spin"))));
  EXPECT_TRUE(absl::IsCancelled(renderer_.Render(Source(Photo()), DefaultRecipes()).status()));
}

TEST_F(CancelTest, AHungWorkerIsGivenUpAtOnce) {
  EXPECT_TRUE(absl::IsCancelled(RenderCancelled("GIF89a spin")));
}
}  // namespace
}  // namespace hestia
