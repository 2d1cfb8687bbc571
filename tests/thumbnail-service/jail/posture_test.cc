// How far into the jail the renderers come, and what is done where that is not all the way.

#include <absl/strings/match.h>
#include <gmock/gmock.h>

#include "tests/thumbnail-service/render/rendering_fixture.h"

namespace hestia {
namespace {
const std::string& Photo() {
  static const std::string photo = MakeJpeg(FourCorners(300, 200));
  return photo;
}

RenderLimits Jailed(JailMode mode) {
  RenderLimits limits = Unhurried();
  limits.jail = mode;
  return limits;
}

class PostureTest : public RenderingTest {};

TEST_F(PostureTest, EveryLayerIsReachedHere) {
  const absl::StatusOr<Posture> posture = renderer_.Prepare();
  ASSERT_TRUE(posture.ok()) << posture.status();
  EXPECT_THAT(Describe(*posture).missing, testing::IsEmpty());
  EXPECT_GE(posture->landlock_abi, 1U);
}

TEST_F(PostureTest, AStrictRendererWorksWhereTheJailIsWhole) {
  Renderer renderer(BuiltRenderers(), Jailed(JailMode::kStrict));
  ASSERT_TRUE(renderer.Prepare().ok());
  EXPECT_TRUE(renderer.Render(Source(Photo()), DefaultRecipes()).ok());
  EXPECT_TRUE(renderer.Render(Source("P6\n1 1\n255\nabc"), DefaultRecipes()).ok());
}

class HobbledTest : public RenderingTest {
 protected:
  static RendererPrograms Programs() { return {HESTIA_HOBBLED_RENDERER, HESTIA_RENDERER_OIIO}; }
};

TEST_F(HobbledTest, TheLayersThatThereAreAreEnteredAndTheOthersNamed) {
  Renderer renderer(Programs(), Jailed(JailMode::kBestEffort));
  const absl::StatusOr<Posture> posture = renderer.Prepare();
  ASSERT_TRUE(posture.ok()) << posture.status();
  EXPECT_THAT(Describe(*posture).missing, testing::ElementsAre("landlock"));
  EXPECT_EQ(posture->landlock_abi, 0U);
  EXPECT_TRUE(renderer.Render(Source(Photo()), DefaultRecipes()).ok());
  EXPECT_TRUE(renderer.Render(Source("P6\n1 1\n255\nabc"), DefaultRecipes()).ok());
}

TEST_F(HobbledTest, AStrictRendererDoesNotStartAndNamesTheLayer) {
  Renderer renderer(Programs(), Jailed(JailMode::kStrict));
  for (const absl::Status& status :
       {renderer.Prepare().status(), renderer.Render(Source(Photo()), DefaultRecipes()).status(),
        renderer.Render(Source("P6\n1 1\n255\nabc"), DefaultRecipes()).status()}) {
    EXPECT_EQ(Reason(status), "RENDERER_UNAVAILABLE") << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "lacks landlock")) << status;
  }
}
}  // namespace
}  // namespace hestia
