#include "watcher-service/events/settle_set.h"

#include <algorithm>

namespace hestia {

bool SettleSet::Created(const Key& key, absl::Duration now) {
  if (!Wrote(key, now)) return false;
  entries_.find(key)->second.news.created = true;
  return true;
}

bool SettleSet::Wrote(const Key& key, absl::Duration now) {
  Entry* const entry = FindOrAdd(key, now);
  if (entry == nullptr) return false;
  SetWriting(*entry, true);
  entry->news.created = false;
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

void SettleSet::LookAgain(const Key& key, absl::Duration now, Look look) {
  const auto it = entries_.find(key);
  if (it == entries_.end() || !it->second.news.writing) return;
  Entry& entry = it->second;
  const std::optional<Fingerprint> seen = look(key);
  if (!seen.has_value() || seen == entry.seen) return;
  entry.seen = seen;
  entry.changed_at = now;
  Reschedule(entry, now + timing_.still);
}

std::optional<SettleSet::News> SettleSet::Remove(const Key& key) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return std::nullopt;
  return Take(it).news;
}

std::vector<SettleSet::Ready> SettleSet::Step(absl::Duration now, Look look) {
  std::vector<Ready> ready;
  while (!due_.empty() && due_.begin()->first <= now) {
    auto& [key, entry] = *by_serial_.at(due_.begin()->second);
    if (entry.due > now) {
      Enqueue(entry);
    } else if (IsReady(key, entry, now, look)) {
      ready.push_back(Take(entries_.find(key)));
    }
  }
  return ready;
}

bool SettleSet::IsReady(const Key& key, Entry& entry, absl::Duration now, Look look) {
  if (!entry.news.writing) return true;
  const std::optional<Fingerprint> seen = look(key);
  if (!seen.has_value() || seen == entry.seen) return true;
  // A hard link is complete when it appears, and no close will follow.
  if (entry.news.created && seen->linked) return true;
  if (entry.seen.has_value()) entry.changed_at = now;
  entry.seen = seen;
  Reschedule(entry, now + timing_.still);
  return false;
}

absl::Duration SettleSet::NextDeadline() const {
  return due_.empty() ? absl::InfiniteDuration() : due_.begin()->first;
}

bool SettleSet::SettlingSince(std::uint64_t serial) const {
  return !by_serial_.empty() && by_serial_.begin()->first <= serial;
}

bool SettleSet::UnchangedSince(std::uint64_t serial, absl::Duration then) const {
  for (auto it = by_serial_.begin(); it != by_serial_.end() && it->first <= serial; ++it) {
    if (it->second->second.changed_at <= then) return true;
  }
  return false;
}

std::vector<SettleSet::Key> SettleSet::WritingKeys(std::size_t max) const {
  std::vector<Key> keys;
  for (const std::uint64_t serial : writing_) {
    if (keys.size() == max) break;
    keys.push_back(by_serial_.at(serial)->first);
  }
  return keys;
}

SettleSet::Entry* SettleSet::FindOrAdd(const Key& key, absl::Duration now, std::uint64_t serial) {
  if (entries_.size() >= capacity_ && !entries_.contains(key)) return nullptr;
  const auto [it, added] = entries_.try_emplace(key);
  Entry& entry = it->second;
  if (!added) return &entry;
  entry.serial = serial != 0 ? serial : ++last_serial_;
  entry.changed_at = now;
  entry.quiet_since = absl::InfiniteDuration();
  by_serial_.emplace_hint(by_serial_.end(), entry.serial, &*it);
  return &entry;
}

void SettleSet::SetWriting(Entry& entry, bool writing) {
  if (entry.news.writing == writing) return;
  entry.news.writing = writing;
  if (writing) {
    writing_.insert(entry.serial);
  } else {
    writing_.erase(entry.serial);
  }
  ++writing_changes_;
  // A file that is rewritten again and again is at rest between its writers, though never for
  // long: its first close is what the longest quiet counts from.
  if (writing && !entry.news.rewritten) entry.quiet_since = absl::InfiniteDuration();
}

void SettleSet::Reschedule(Entry& entry, absl::Duration due) {
  entry.due = due;
  if (!entry.queued.has_value() || due < *entry.queued) Enqueue(entry);
}

void SettleSet::Enqueue(Entry& entry) {
  if (entry.queued.has_value()) due_.erase({*entry.queued, entry.serial});
  entry.queued = entry.due;
  due_.emplace(entry.due, entry.serial);
}

void SettleSet::Rest(Entry& entry, absl::Duration now) {
  SetWriting(entry, false);
  entry.changed_at = now;
  entry.quiet_since = std::min(entry.quiet_since, now);
  Reschedule(entry, std::min(now + timing_.quiet, entry.quiet_since + timing_.longest_quiet));
}

SettleSet::Ready SettleSet::Take(Entries::iterator it) {
  Entry& entry = it->second;
  if (entry.queued.has_value()) due_.erase({*entry.queued, entry.serial});
  writing_changes_ += writing_.erase(entry.serial);
  by_serial_.erase(entry.serial);
  Ready ready{it->first, std::move(entry.news)};
  ready.news.serial = entry.serial;
  entries_.erase(it);
  return ready;
}

}  // namespace hestia
