// Files damaged at random, by the thousand, through the real services. How many is
// HESTIA_TEST_MUTATED_FILES; tests/fuzz/mutate.sh runs ten thousand.
#include <algorithm>
#include <cstdlib>
#include <random>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <gmock/gmock.h>

#include "tests/e2e/stack.h"
#include "tests/thumbnail-service/render/exotic_images.h"
#include "tests/thumbnail-service/render/image_factory.h"

namespace hestia::test {
namespace {

using thumbnail::v1::File;

std::vector<std::string> FastSeeds() {
  const Pixels pixels = FourCorners(97, 61);
  return {MakeJpeg(pixels, {.orientation = 6}),
          MakeJpeg(pixels, {.progressive = true}),
          MakeJpeg(pixels, {.ycck = true}),
          MakePng(pixels, {.orientation = 3, .alpha = true}),
          MakePng(pixels, {.bits = 16, .interlaced = true}),
          MakePng(pixels, {.alpha = true, .palette = true}),
          MakeWebp(pixels, {.orientation = 8}),
          MakeWebp(pixels, {.lossless = true, .alpha = true}),
          MakeAnimatedWebp(pixels, 3, 5, FourCorners(120, 90))};
}

// One in this many is of a format that OpenImageIO reads, where a verdict costs a process
// that takes a third of a second to start.
constexpr int kSlowOnesIn = 50;

class MutationTest : public StackTest {
 protected:
  std::size_t Below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  // Bytes changed, left out, doubled, cut off; headers more often than the rest.
  std::string Mutate(std::string bytes) {
    for (std::size_t edits = 1 + Below(6); edits > 0 && !bytes.empty(); --edits) {
      const std::size_t at = Below(Below(2) == 0 ? std::min<std::size_t>(bytes.size(), 64)
                                                 : bytes.size());
      switch (Below(5)) {
        case 0:
          bytes[at] = static_cast<char>(Below(256));
          break;
        case 1:
          bytes[at] = Below(2) == 0 ? '\xff' : '\0';
          break;
        case 2:
          bytes.erase(at, 1 + Below(16));
          break;
        case 3:
          bytes.insert(at, bytes.substr(at, 1 + Below(64)));
          break;
        case 4:
          if (Below(8) == 0) bytes.resize(at + 1);
          break;
      }
    }
    return bytes;
  }

  void SyncWithin(absl::Duration patience) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + patience));
    thumbnail::v1::SyncRequest request;
    request.set_library("photos");
    thumbnail::v1::SyncResponse response;
    const grpc::Status status = thumbnail_stub_->Sync(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  // A fixed seed: what fails once fails again.
  std::mt19937 random_{20240601};
};

TEST_F(MutationTest, EachEndsAsAThumbnailOrAVerdictAndNothingIsRestartedOrLost) {
  const char* const wished = std::getenv("HESTIA_TEST_MUTATED_FILES");
  const int files = wished != nullptr ? std::atoi(wished) : 1000;
  const std::vector<std::string> fast = FastSeeds();
  const std::vector<std::string> slow = {MakeTiff(FourCorners(64, 48)),
                                         MakeGif(FourCorners(64, 48))};
  StartWatcher();
  StartReplica();
  std::string replica;
  AwaitStats([&](const auto& stats) {
    if (stats.replicas_size() > 0) replica = stats.replicas(0).id();
    return !replica.empty();
  });
  for (int i = 0; i < files; ++i) {
    const std::vector<std::string>& seeds = i % kSlowOnesIn == 0 ? slow : fast;
    Put(absl::StrCat(i % 100, "/", i), Mutate(seeds[Below(seeds.size())]));
  }
  // Only a hang takes so long.
  SyncWithin(absl::Minutes(2) + files * absl::Milliseconds(100));
  int ready = 0;
  int failed = 0;
  for (const auto& [path, state] : Files()) {
    ready += state == File::READY ? 1 : 0;
    failed += state == File::FAILED ? 1 : 0;
  }
  EXPECT_EQ(ready + failed, files);
  // Both happen, or the damage was too small or too large to prove anything.
  EXPECT_GT(ready, files / 20);
  EXPECT_GT(failed, files / 20);
  ASSERT_EQ(Stats().replicas_size(), 1);
  EXPECT_EQ(Stats().replicas(0).id(), replica);
  EXPECT_EQ(replicas_[0]->Stop(), 0);
}

}  // namespace
}  // namespace hestia::test
