#include "watcher-service/tree/event_buffer.h"

#include <sys/inotify.h>

#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>

namespace hestia {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// An event as the kernel writes it: the name padded with NULs to a multiple of 16.
std::string Event(std::uint32_t mask, const std::string& name, int wd = 1) {
  inotify_event header{};
  header.wd = wd;
  header.mask = mask;
  header.len = name.empty() ? 0 : static_cast<std::uint32_t>(name.size() / 16 * 16 + 16);
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof(header));
  return bytes + name + std::string(header.len - name.size(), '\0');
}

std::string Created(const std::string& name) { return Event(IN_CREATE, name); }

std::vector<std::string> NamesIn(const EventBuffer::Batch& batch) {
  std::vector<std::string> names;
  batch.ForEach([&](const RawEvent& event) { names.emplace_back(std::string(event.name)); });
  return names;
}

TEST(EventBufferTest, EventsComeOutAsTheKernelWroteThem) {
  EventBuffer buffer(100);
  const std::string sixteen(16, 'n');
  EXPECT_EQ(buffer.Append(Event(IN_CREATE, sixteen, 7) + Event(IN_DELETE_SELF, "", 8)), 2U);
  std::vector<std::string> told;
  buffer.Take().ForEach([&](const RawEvent& event) {
    told.push_back(absl::StrCat(event.wd, " ", event.mask, " ", event.name));
  });
  EXPECT_THAT(told, ElementsAre(absl::StrCat("7 ", IN_CREATE, " ", sixteen),
                                absl::StrCat("8 ", IN_DELETE_SELF, " ")));
  EXPECT_FALSE(buffer.HasNews());
}

TEST(EventBufferTest, WhenItIsFullWhatWaitedIsDroppedAndWhatComesAfterIsKept) {
  EventBuffer buffer(2);
  buffer.Append(Created("a") + Created("b") + Created("c") + Created("d"));
  const EventBuffer::Batch batch = buffer.Take();
  EXPECT_TRUE(batch.overflow);
  EXPECT_THAT(NamesIn(batch), ElementsAre("d"));
  EXPECT_FALSE(buffer.Take().overflow);
}

TEST(EventBufferTest, WhatTheKernelDroppedIsAnOverflowToo) {
  EventBuffer buffer(100);
  buffer.Append(Created("a") + Event(IN_Q_OVERFLOW, "", -1) + Created("b"));
  const EventBuffer::Batch batch = buffer.Take();
  EXPECT_TRUE(batch.overflow);
  EXPECT_THAT(NamesIn(batch), ElementsAre("b"));
}

TEST(EventBufferTest, LongNamesFillItBeforeTheirNumberDoes) {
  EventBuffer buffer(1000);
  const std::string name(255, 'n');
  for (int i = 0; i < 1000; ++i) buffer.Append(Created(name));
  EXPECT_TRUE(buffer.Take().overflow);
}

TEST(EventBufferTest, OneTakeGivesAPartAndTheRestGoesOnCounting) {
  constexpr std::size_t kEvents = 30'000;
  EventBuffer buffer(kEvents);
  for (std::size_t i = 0; i < kEvents; ++i) buffer.Append(Created(absl::StrCat(i)));
  std::vector<std::string> names;
  int takes = 0;
  while (buffer.HasNews()) {
    const EventBuffer::Batch batch = buffer.Take();
    EXPECT_FALSE(batch.overflow);
    for (std::string& name : NamesIn(batch)) names.push_back(std::move(name));
    ++takes;
  }
  EXPECT_EQ(takes, 2);
  ASSERT_EQ(names.size(), kEvents);
  for (std::size_t i = 0; i < kEvents; ++i) ASSERT_EQ(names[i], absl::StrCat(i));
  // All places are free again.
  for (std::size_t i = 0; i < kEvents; ++i) buffer.Append(Created("a"));
  EXPECT_FALSE(buffer.Take().overflow);
}

TEST(EventBufferTest, AFlushIsToldWithTheLastOfItsEvents) {
  EventBuffer buffer(100'000);
  for (int i = 0; i < 30'000; ++i) buffer.Append(Created("a"));
  buffer.MarkFlushed(1);
  EXPECT_EQ(buffer.Take().flushed, 0U);
  for (int i = 0; i < 30'000; ++i) buffer.Append(Created("b"));
  EXPECT_EQ(buffer.Take().flushed, 1U) << "what came later does not put it off";
  buffer.MarkFlushed(2);
  while (buffer.Take().flushed != 2) ASSERT_TRUE(buffer.HasNews());
}

TEST(EventBufferTest, AFlushOfNothingIsNewsOnce) {
  EventBuffer buffer(100);
  buffer.MarkFlushed(3);
  EXPECT_TRUE(buffer.HasNews());
  EXPECT_EQ(buffer.Take().flushed, 3U);
  EXPECT_FALSE(buffer.HasNews());
  EXPECT_EQ(buffer.Take().flushed, 3U);
}

TEST(EventBufferTest, AFlushOutlivesAnOverflow) {
  EventBuffer buffer(100);
  buffer.Append(Created("a"));
  buffer.MarkFlushed(4);
  buffer.Overflow();
  const EventBuffer::Batch batch = buffer.Take();
  EXPECT_TRUE(batch.overflow);
  EXPECT_EQ(batch.flushed, 4U);
  EXPECT_THAT(NamesIn(batch), IsEmpty());
}

}  // namespace
}  // namespace hestia
