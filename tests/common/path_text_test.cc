#include "common/path_text.h"

#include <string>

#include <absl/random/random.h>
#include <gtest/gtest.h>

namespace hestia {
namespace {

TEST(PathTextTest, PlainUtf8StandsForItself) {
  for (const char* path : {"a/b.jpg", "Bäume/Frühling.jpg", "日本/写真.png", "100%_'\"\n\t"}) {
    EXPECT_EQ(EncodePathText(path), path);
    EXPECT_EQ(DecodePathText(path).value(), path);
  }
}

TEST(PathTextTest, BackslashAndInvalidBytesAreEscaped) {
  EXPECT_EQ(EncodePathText("a\\b"), "a\\\\b");
  EXPECT_EQ(EncodePathText("caf\xE9.jpg"), "caf\\xe9.jpg");
  EXPECT_EQ(EncodePathText("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "a surrogate is not UTF-8";
  EXPECT_EQ(EncodePathText("\xC0\xAF"), "\\xc0\\xaf") << "an overlong '/' is not UTF-8";
  EXPECT_EQ(EncodePathText("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "past U+10FFFF";
}

TEST(PathTextTest, EveryByteStringSurvivesTheRoundTrip) {
  absl::BitGen random;
  for (int i = 0; i < 20'000; ++i) {
    std::string raw(absl::Uniform<std::size_t>(random, 0, 24), '\0');
    for (char& c : raw) c = static_cast<char>(absl::Uniform<int>(absl::IntervalClosed, random, 1, 255));
    const std::string text = EncodePathText(raw);
    ASSERT_EQ(DecodePathText(text).value(), raw) << text;
  }
}

TEST(PathTextTest, OneNameHasOneSpelling) {
  EXPECT_FALSE(DecodePathText("\\x41").ok()) << "'A' needs no escape";
  EXPECT_FALSE(DecodePathText("\\xc3\\xa4").ok()) << "together they are a valid character";
  EXPECT_FALSE(DecodePathText("\\xE9").ok()) << "digits are lower-case";
  EXPECT_FALSE(DecodePathText("a\\").ok());
  EXPECT_FALSE(DecodePathText("\\x4").ok());
  EXPECT_FALSE(DecodePathText("\xE9").ok());
  EXPECT_FALSE(DecodePathText(std::string("a\0b", 3)).ok());
}

TEST(PathTextTest, PathsThatCouldLeaveTheLibraryAreRefused) {
  for (const char* path : {"", "/etc/passwd", "../x", "a/../b", "a/..", "./a", "a//b", "a/", "."}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ValidateRelativePath(path))) << path;
  }
  for (const char* path : {"a", "a/b", "..a", "a..", "...", "a/.b"}) {
    EXPECT_TRUE(ValidateRelativePath(path).ok()) << path;
  }
  EXPECT_TRUE(ValidateRelativePath(std::string(4095, 'a')).ok());
  EXPECT_FALSE(ValidateRelativePath(std::string(4096, 'a')).ok());
}

TEST(PathTextTest, BeneathMeansBehindASlash) {
  EXPECT_TRUE(IsBeneath("a/b", "a"));
  EXPECT_TRUE(IsBeneath("a", ""));
  EXPECT_FALSE(IsBeneath("ab", "a"));
  EXPECT_FALSE(IsBeneath("a", "a"));
  EXPECT_FALSE(IsBeneath("", ""));
}

}  // namespace
}  // namespace hestia
