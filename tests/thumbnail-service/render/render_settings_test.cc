#include "thumbnail-service/render/render_settings.h"

#include <set>
#include <string>

#include <absl/flags/commandlineflag.h>
#include <absl/flags/flag.h>
#include <absl/flags/reflection.h>
#include <gtest/gtest.h>

namespace hestia::test {
namespace {

// The version with one setting other than it is by default.
std::string VersionWith(const std::string& flag, const std::string& value) {
  const absl::FlagSaver before;
  std::string error;
  EXPECT_TRUE(absl::FindCommandLineFlag(flag)->ParseFrom(value, &error)) << error;
  return DecoderVersionFromSettings();
}

TEST(RenderSettingsTest, EveryLimitIsAPartOfWhatVerdictsAreTiedTo) {
  std::set<std::string> versions = {DecoderVersionFromSettings()};
  EXPECT_TRUE(versions.insert(VersionWith("max_source_bytes", "1024")).second);
  EXPECT_TRUE(versions.insert(VersionWith("max_pixels", "1000")).second);
  EXPECT_TRUE(versions.insert(VersionWith("max_scaled_pixels", "1000")).second);
  EXPECT_TRUE(versions.insert(VersionWith("render_memory_bytes", "67108864")).second);
  EXPECT_TRUE(versions.insert(VersionWith("render_budget_bytes", "134217728")).second);
  EXPECT_TRUE(versions.insert(VersionWith("render_timeout", "20s")).second);
  EXPECT_TRUE(versions.insert(VersionWith("damaged_files", "render")).second);
  for (const char* const name : {"pixels", "bytes", "side", "channels", "frames", "ratio", "scans",
                                 "chunk", "icc", "exif"}) {
    const std::string limit = std::string("all=") + name + "=7";
    EXPECT_TRUE(versions.insert(VersionWith("format_limits", limit)).second) << name;
  }
  EXPECT_TRUE(versions.insert(VersionWith("format_limits", "tiff=pixels=7")).second);
  EXPECT_TRUE(versions.insert(VersionWith("format_limits", "gif=pixels=7")).second);
}

TEST(RenderSettingsTest, WhatDecidesNoVerdictAndHowALimitIsWrittenAreNoPartOfIt) {
  const std::string version = DecoderVersionFromSettings();
  EXPECT_EQ(VersionWith("jail", "strict"), version);
  // An image alone has no more than render_memory_bytes.
  EXPECT_EQ(VersionWith("render_budget_bytes", "68719476736"),
            VersionWith("render_budget_bytes", "137438953472"));
  EXPECT_EQ(VersionWith("format_limits", "tiff=5,gif=frames=9"),
            VersionWith("format_limits", "gif=frames=9,tiff=pixels=5"));
}

}  // namespace
}  // namespace hestia::test
