// The jail as the service tells of it.
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

#include "tests/e2e/stack.h"

namespace hestia::test {
namespace {

class JailTest : public StackTest {
 protected:
  // A folder of renderers that think their kernel has no Landlock.
  std::string HobbledRenderers() {
    const std::string folder = state_.path() + "/renderers";
    std::filesystem::create_directory(folder);
    std::filesystem::create_symlink(HESTIA_HOBBLED_RENDERER, folder + "/thumbnail-renderer");
    std::filesystem::create_symlink(HESTIA_RENDERER_OIIO, folder + "/thumbnail-renderer-oiio");
    return folder;
  }
};

TEST_F(JailTest, EveryLayerIsReachedByAStrictServiceAndTold) {
  Put("a.jpg", Photo(1));
  StartWatcher();
  StartReplica({"--jail=strict"});
  Sync();
  EXPECT_EQ(Files()["a.jpg"], thumbnail::v1::File::READY);
  const thumbnail::v1::Isolation isolation = Stats().isolation();
  EXPECT_THAT(isolation.layers(),
              testing::ElementsAre("oom_score_adj", "die_with_parent", "rlimits", "not_dumpable",
                                   "no_new_privs", "landlock", "seccomp"));
  EXPECT_THAT(isolation.missing_layers(), testing::IsEmpty());
  EXPECT_GE(isolation.landlock_abi(), 1u);
}

TEST_F(JailTest, AMissingLayerIsToldWhereTheOthersSuffice) {
  Put("a.jpg", Photo(1));
  StartWatcher();
  StartReplica({absl::StrCat("--renderer_dir=", HobbledRenderers())});
  Sync();
  EXPECT_EQ(Files()["a.jpg"], thumbnail::v1::File::READY);
  EXPECT_THAT(Stats().isolation().missing_layers(), testing::ElementsAre("landlock"));
  EXPECT_EQ(Stats().isolation().landlock_abi(), 0u);
}

TEST_F(JailTest, AStrictServiceDoesNotStartWithoutALayer) {
  const std::string log = state_.path() + "/log";
  const std::string command = absl::StrCat(
      HESTIA_THUMBNAIL_BINARY, " --jail=strict --thumbnail_listen=127.0.0.1:0 --workers=1",
      " '--database_url=", database_.url(), "' --renderer_dir=", HobbledRenderers(), " >", log,
      " 2>&1");
  const int ended = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(ended), EXIT_FAILURE);
  std::ifstream file(log);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_THAT(text, testing::HasSubstr("the renderer's jail lacks landlock"));
}

}  // namespace
}  // namespace hestia::test
