#include "watcher-service/watch/event_translator.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "common/path_text.h"
#include "watcher-service/feed/beneath.h"

namespace hestia {

EventTranslator::EventTranslator(WatchedTree& tree, LibraryFeed& feed, const IgnorePolicy& ignore,
                                 SettleSet::Timing timing, std::size_t settle_capacity)
    : tree_(tree), paths_(tree.tree()), feed_(feed), ignore_(ignore), settling_(timing, settle_capacity) {}

void EventTranslator::Handle(const RawEvent& event, absl::Duration now) {
  DirectoryNode* const node = tree_.tree().ByWatch(event.wd);
  if (node == nullptr) return;
  if (event.name.empty()) return HandleSelf(*node, event.mask);
  if (ignore_.Ignores(event.name)) return;
  if ((event.mask & IN_ISDIR) != 0) {
    HandleDirectory(*node, event, now);
  } else {
    HandleFile(*node, event, now);
  }
}

void EventTranslator::Step(absl::Duration now) {
  for (const RenamePairing::Departure& departure : pairing_.Expire(now)) Left(departure);
  const auto look = [this](const SettleSet::Key& key) { return Look(key); };
  for (const SettleSet::Ready& ready : settling_.Step(now, look)) Tell(ready.key, ready.news, now);
}

absl::Duration EventTranslator::NextDeadline() const {
  return std::min(settling_.NextDeadline(), pairing_.NextDeadline());
}

std::optional<SettleSet::Fingerprint> EventTranslator::Look(const SettleSet::Key& key) {
  const DirectoryNode* const directory = tree_.tree().ById(key.directory);
  struct stat status {};
  if (directory == nullptr || tree_.LookAtFile(*directory, key.name, status) != 0 ||
      !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return SettleSet::Fingerprint{static_cast<std::uint64_t>(status.st_size),
                                absl::TimeFromTimespec(status.st_mtim), status.st_nlink > 1};
}

void EventTranslator::Busy(const SettleSet::Key& key, absl::Duration now) {
  // One that settles already must not begin anew with every round, but what was written before a
  // round is seen by it: who waits with a Sync waits from then on.
  if (settling_.Contains(key)) {
    return settling_.LookAgain(key, now, [this](const SettleSet::Key& at) { return Look(at); });
  }
  if (!settling_.Wrote(key, now)) Tell(key, {}, now);
}

void EventTranslator::LookAtWriting(absl::Duration now) {
  for (const SettleSet::Key& key : settling_.WritingKeys(settling_.writing())) Busy(key, now);
}

void EventTranslator::ForgetDepartures() {
  for (const RenamePairing::Departure& departure : pairing_.Expire(absl::InfiniteDuration())) {
    DirectoryNode* const node = tree_.tree().ById(departure.node);
    if (node != nullptr && node->parent == nullptr) tree_.Forget(*node);
  }
}

std::shared_ptr<const WritingFiles> EventTranslator::Writing(std::size_t max) {
  auto files = std::make_shared<WritingFiles>();
  for (const SettleSet::Key& key : settling_.WritingKeys(max)) {
    const DirectoryNode* const directory = tree_.tree().ById(key.directory);
    if (directory == nullptr) continue;
    if (std::optional<std::string> path = PathOf(*directory, key.name)) {
      files->insert(*std::move(path));
    }
  }
  return files;
}

bool EventTranslator::TakeRootTouched() { return std::exchange(root_touched_, false); }

void EventTranslator::HandleSelf(DirectoryNode& node, std::uint32_t mask) {
  const bool is_root = &node == tree_.tree().root();
  if (is_root && (mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0) {
    root_touched_ = true;
  }
  if ((mask & IN_IGNORED) != 0) {
    tree_.WatchEnded(node);
  } else if (!is_root && (mask & IN_UNMOUNT) != 0) {
    Revisit(node);
  } else if (!is_root && (mask & IN_ATTRIB) != 0) {
    PermissionsChanged(node);
  }
}

void EventTranslator::HandleDirectory(DirectoryNode& parent, const RawEvent& event,
                                      absl::Duration now) {
  DirectoryNode* const child = DirectoryTree::Child(parent, event.name);
  const std::optional<std::string> path = PathOf(parent, event.name);
  if ((event.mask & (IN_MOVED_FROM | IN_MOVED_TO)) != 0) ++directory_moves_;
  if ((event.mask & IN_MOVED_FROM) != 0) {
    RenamePairing::Departure departure{event.cookie, now, path.value_or(""), true, 0, {}};
    if (child != nullptr) {
      departure.node = child->id;
      tree_.Detach(*child);
    }
    Leave(std::move(departure));
  } else if ((event.mask & IN_MOVED_TO) != 0) {
    DirectoryMoved(parent, event);
  } else if ((event.mask & IN_DELETE) != 0) {
    if (child != nullptr) tree_.Forget(*child);
    if (path.has_value()) feed_.Gone(*path, /*directory=*/true);
  } else if ((event.mask & IN_CREATE) != 0) {
    const WatchedTree::Arrival arrival = tree_.Arrive(parent, std::string(event.name));
    if (arrival.there && path.has_value()) feed_.DirectoryArrived(*path, arrival.has_files);
  } else if ((event.mask & IN_ATTRIB) != 0 && child != nullptr) {
    PermissionsChanged(*child);
  }
}

void EventTranslator::DirectoryMoved(DirectoryNode& parent, const RawEvent& event) {
  const std::optional<RenamePairing::Departure> departure = pairing_.Arrive(event.cookie);
  DirectoryNode* const moved = departure.has_value() ? tree_.tree().ById(departure->node) : nullptr;
  const std::string name(event.name);
  const WatchedTree::Arrival arrival =
      moved != nullptr ? tree_.Rejoin(*moved, parent, name) : tree_.Arrive(parent, name);
  const std::optional<std::string> path = PathOf(parent, event.name);
  if (arrival.there && path.has_value()) feed_.DirectoryArrived(*path, arrival.has_files);
  if (departure.has_value()) DirectoryGone(*departure);
}

void EventTranslator::HandleFile(DirectoryNode& parent, const RawEvent& event,
                                 absl::Duration now) {
  const SettleSet::Key key{parent.id, std::string(event.name)};
  bool taken = true;
  if ((event.mask & IN_MOVED_FROM) != 0) {
    Leave({event.cookie, now, PathOf(parent, key.name).value_or(""), false, 0,
           settling_.Remove(key).value_or(SettleSet::News{})});
  } else if ((event.mask & IN_MOVED_TO) != 0) {
    FileArrived(event, key, now);
  } else if ((event.mask & IN_DELETE) != 0) {
    FileDeleted(parent, key);
  } else if ((event.mask & IN_CLOSE_WRITE) != 0) {
    taken = settling_.Closed(key, now);
  } else if ((event.mask & IN_CREATE) != 0) {
    taken = settling_.Created(key, now);
  } else if ((event.mask & IN_MODIFY) != 0) {
    taken = settling_.Wrote(key, now);
  } else if ((event.mask & IN_ATTRIB) != 0) {
    taken = settling_.Touched(key, now);
  }
  if (taken) return;
  SettleSet::News news;
  news.rewritten = (event.mask & IN_CLOSE_WRITE) != 0;
  Tell(key, news, now);
}

void EventTranslator::FileArrived(const RawEvent& event, const SettleSet::Key& key,
                                  absl::Duration now) {
  SettleSet::News news;
  if (const std::optional<RenamePairing::Departure> departure = pairing_.Arrive(event.cookie)) {
    news = departure->news;
    if (news.previous_path.empty()) {
      news.previous_path = departure->path;
    } else if (!departure->path.empty()) {
      // Renamed twice before it settled: subscribers know the first name, perhaps this one.
      feed_.Gone(departure->path, /*directory=*/false);
    }
  }
  // What settled under the overwritten name may still owe the end of its own old name.
  if (const std::optional<SettleSet::News> replaced = settling_.Remove(key);
      replaced.has_value() && !replaced->previous_path.empty()) {
    feed_.Gone(replaced->previous_path, /*directory=*/false);
  }
  if (!settling_.Arrived(key, news, now)) Tell(key, news, now);
}

void EventTranslator::FileDeleted(const DirectoryNode& parent, const SettleSet::Key& key) {
  const std::optional<SettleSet::News> news = settling_.Remove(key);
  if (news.has_value() && !news->previous_path.empty()) feed_.Gone(news->previous_path, false);
  if (const std::optional<std::string> path = PathOf(parent, key.name)) feed_.Gone(*path, false);
}

void EventTranslator::Leave(RenamePairing::Departure departure) {
  const std::optional<RenamePairing::Departure> oldest = pairing_.Leave(std::move(departure));
  if (oldest.has_value()) Left(*oldest);
}

void EventTranslator::Left(const RenamePairing::Departure& departure) {
  if (departure.is_directory) {
    DirectoryNode* const node = tree_.tree().ById(departure.node);
    // It may have been met at its new place by a walk meanwhile; then it stays there.
    if (node != nullptr && node->parent == nullptr) tree_.Forget(*node);
    return DirectoryGone(departure);
  }
  if (!departure.news.previous_path.empty()) feed_.Gone(departure.news.previous_path, false);
  if (!departure.path.empty()) feed_.Gone(departure.path, false);
}

void EventTranslator::DirectoryGone(const RenamePairing::Departure& departure) {
  if (departure.path.empty()) return;
  feed_.Gone(departure.path, /*directory=*/true);
  // Its name may have been taken since, by events understood before this moment: what lay
  // beneath the old one is then told by listing what is there now.
  const std::string raw = DecodePathText(departure.path).value();
  if (tree_.SomethingAt(raw)) {
    // When two directories change places the old name's last event is this departure, so
    // nobody else puts a watch on what is there now.
    tree_.ArriveAt(raw);
    feed_.List(departure.path, ListingReason::kDirectoryArrived);
  }
}

// While a directory cannot be read its events tell nothing that could be looked at; once it can
// be again, it is listed.
void EventTranslator::PermissionsChanged(DirectoryNode& node) {
  if (tree_.problems().Has(node.id)) {
    Revisit(node);
  } else {
    tree_.Probe(node);
  }
}

void EventTranslator::Revisit(DirectoryNode& node) {
  if (node.parent == nullptr) return;
  DirectoryNode& parent = *node.parent;
  const std::string name = node.name;
  tree_.Arrive(parent, name);
  if (const std::optional<std::string> path = PathOf(parent, name)) {
    feed_.List(*path, ListingReason::kDirectoryArrived);
  }
}

void EventTranslator::Tell(const SettleSet::Key& key, const SettleSet::News& news,
                           absl::Duration now) {
  const DirectoryNode* const parent = tree_.tree().ById(key.directory);
  if (parent == nullptr) {
    if (!news.previous_path.empty()) feed_.Gone(news.previous_path, false);
    return;
  }
  const std::optional<std::string> path = PathOf(*parent, key.name);
  if (!path.has_value() && tree_.tree().RawPath(*parent).has_value()) {
    tree_.NotePathTooLong(*parent);
    if (!news.previous_path.empty()) feed_.Gone(news.previous_path, false);
    return;
  }
  if (!path.has_value()) {
    // Its directory is between two names; the second one comes soon or never.
    settling_.Arrived(key, news, now);
    return;
  }
  feed_.File(*path, news.previous_path == *path ? "" : news.previous_path, news.rewritten);
  if (!news.previous_path.empty() && news.previous_path != *path) {
    feed_.Gone(news.previous_path, false);
  }
}

std::optional<std::string> EventTranslator::PathOf(const DirectoryNode& parent,
                                                   absl::string_view name) {
  const std::optional<PathMemory::Path>& path = paths_.Of(parent);
  if (!path.has_value()) return std::nullopt;
  if (JoinedPathBytes(path->raw_bytes, name.size()) > kMaxPathBytes) return std::nullopt;
  return JoinPath(path->text, EncodePathText(name));
}

}  // namespace hestia
