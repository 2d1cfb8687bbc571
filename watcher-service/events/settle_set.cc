#include "watcher-service/events/settle_set.h"

#include <algorithm>

namespace hestia {

bool SettleSet::Wrote(const Key& key, absl::Duration now) {
  Entry* const entry = FindOrAdd(key, now);
  if (entry == nullptr) return false;
  SetWriting(*entry, true);
  entry->seen.reset();
  entry->changed_at = now;
  Reschedule(*entry, now + timing_.quiet);
  return true;
}

bool SettleSet::Closed(const Key& key, absl::Duration now) {
  Entry* const entry = FindOrAdd(key, now);
  if (entry == nullptr) return false;
  entry->news.rewritten = true;
  Rest(*entry, now);
  return true;
}

bool SettleSet::Touched(const Key& key, absl::Duration now) {
  Entry* const entry = FindOrAdd(key, now);
  if (entry == nullptr) return false;
  // A chmod while someone writes says nothing about the writing.
  if (!entry->news.writing) Rest(*entry, now);
  return true;
}

bool SettleSet::Arrived(const Key& key, const News& news, absl::Duration now) {
  // Whatever was settling under this name has been replaced.
  Remove(key);
  Entry* const entry = FindOrAdd(key, now, news.serial);
  if (entry == nullptr) return false;
  entry->news = news;
  entry->news.writing = false;
  if (news.writing) {
    SetWriting(*entry, true);
    Reschedule(*entry, now + timing_.quiet);
  } else {
    Rest(*entry, now);
  }
  return true;
}

std::optional<SettleSet::News> SettleSet::Remove(const Key& key) {
  const auto serial = serials_.find(key);
  if (serial == serials_.end()) return std::nullopt;
  return Take(serial->second).news;
}

std::vector<SettleSet::Ready> SettleSet::Step(absl::Duration now, Look look) {
  std::vector<Ready> ready;
  while (!due_.empty() && due_.begin()->first <= now) {
    const std::uint64_t serial = due_.begin()->second;
    Entry& entry = entries_.at(serial);
    if (!entry.news.writing) {
      ready.push_back(Take(serial));
      continue;
    }
    const std::optional<Fingerprint> seen = look(entry.key);
    if (!seen.has_value() || seen == entry.seen) {
      ready.push_back(Take(serial));
      continue;
    }
    if (entry.seen.has_value()) entry.changed_at = now;
    entry.seen = seen;
    Reschedule(entry, now + timing_.still);
  }
  return ready;
}

absl::Duration SettleSet::NextDeadline() const {
  return due_.empty() ? absl::InfiniteDuration() : due_.begin()->first;
}

bool SettleSet::SettlingSince(std::uint64_t serial) const {
  return !entries_.empty() && entries_.begin()->first <= serial;
}

bool SettleSet::UnchangedSince(std::uint64_t serial, absl::Duration then) const {
  for (auto it = entries_.begin(); it != entries_.end() && it->first <= serial; ++it) {
    if (it->second.changed_at <= then) return true;
  }
  return false;
}

std::vector<SettleSet::Key> SettleSet::WritingKeys(std::size_t max) const {
  std::vector<Key> keys;
  for (const std::uint64_t serial : writing_) {
    if (keys.size() == max) break;
    keys.push_back(entries_.at(serial).key);
  }
  return keys;
}

SettleSet::Entry* SettleSet::Find(const Key& key) {
  const auto serial = serials_.find(key);
  return serial == serials_.end() ? nullptr : &entries_.at(serial->second);
}

SettleSet::Entry* SettleSet::FindOrAdd(const Key& key, absl::Duration now, std::uint64_t serial) {
  if (Entry* const entry = Find(key)) return entry;
  if (entries_.size() >= capacity_) return nullptr;
  if (serial == 0) serial = ++last_serial_;
  serials_.emplace(key, serial);
  Entry& entry = entries_[serial];
  entry.key = key;
  entry.due = now;
  entry.changed_at = now;
  entry.quiet_since = absl::InfiniteDuration();
  due_.emplace(now, serial);
  return &entry;
}

void SettleSet::SetWriting(Entry& entry, bool writing) {
  if (entry.news.writing == writing) return;
  entry.news.writing = writing;
  const std::uint64_t serial = serials_.at(entry.key);
  if (writing) {
    writing_.insert(serial);
  } else {
    writing_.erase(serial);
  }
  ++writing_changes_;
  // A file that is rewritten again and again is at rest between its writers, though never for
  // long: its first close is what the longest quiet counts from.
  if (writing && !entry.news.rewritten) entry.quiet_since = absl::InfiniteDuration();
}

void SettleSet::Reschedule(Entry& entry, absl::Duration due) {
  const std::uint64_t serial = serials_.at(entry.key);
  due_.erase({entry.due, serial});
  entry.due = due;
  due_.emplace(due, serial);
}

void SettleSet::Rest(Entry& entry, absl::Duration now) {
  SetWriting(entry, false);
  entry.changed_at = now;
  entry.quiet_since = std::min(entry.quiet_since, now);
  Reschedule(entry, std::min(now + timing_.quiet, entry.quiet_since + timing_.longest_quiet));
}

SettleSet::Ready SettleSet::Take(std::uint64_t serial) {
  const auto it = entries_.find(serial);
  due_.erase({it->second.due, serial});
  writing_changes_ += writing_.erase(serial);
  Ready ready{std::move(it->second.key), std::move(it->second.news)};
  ready.news.serial = serial;
  serials_.erase(ready.key);
  entries_.erase(it);
  return ready;
}

}  // namespace hestia
