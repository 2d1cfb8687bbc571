#include "tests/watcher-service/convergence/script.h"

#include <array>
#include <random>
#include <utility>

#include <absl/strings/str_cat.h>

#include "common/path_text.h"

namespace hestia {
namespace {

constexpr int kRounds = 3;
constexpr int kActsARound = 40;
// "a-b" sorts between "a" and "a/b"; the last is no UTF-8.
constexpr std::array<const char*, 4> kNames = {"a", "a-b", "n", "\xffz"};
constexpr std::array<const char*, 23> kKindNames = {
    "make directories", "write",     "open writer",     "write piece", "close writer",
    "rename",           "exchange",  "remove",          "recreate",    "save atomically",
    "change mode",      "symlink",   "hard link",       "file in new directory",
    "take root away",   "replace root", "put root back", "overflow",   "halt",
    "flood",            "continue",  "restart",         "checkpoint"};

class Author {
 public:
  explicit Author(unsigned seed) : random_(seed) {
    script_.seed = seed;
    script_.program = seed % 4 == 0;
    script_.polled = seed % 5 == 0;
    script_.event_capacity = Draw(3) == 0 ? 16 : 65'536;
    script_.journal_capacity = Draw(3) == 0 ? 16 : 65'536;
  }

  Script Write() {
    for (int round = 0; round < kRounds; ++round) WriteRound();
    return std::move(script_);
  }

 private:
  using Kind = Act::Kind;

  // Not a distribution of the standard library: those differ between implementations.
  std::size_t Draw(std::size_t below) { return random_() % below; }

  Act& Add(Kind kind) {
    script_.acts.emplace_back();
    script_.acts.back().kind = kind;
    return script_.acts.back();
  }

  // Short paths of few names, and often one that was used a moment ago or its neighbour, so that
  // what is done hangs together.
  Place AnyPlace() {
    static constexpr std::array<Place::Root, 8> kRoots = {
        Place::kFirst,  Place::kFirst,  Place::kFirst,  Place::kFirst,
        Place::kFirst, Place::kSecond, Place::kSecond, Place::kOutside};
    if (!recent_.path.empty() && Draw(3) == 0) {
      Place place = recent_;
      if (Draw(2) == 0) absl::StrAppend(&place.path, "/", kNames[Draw(kNames.size())]);
      return place;
    }
    recent_.root = kRoots[Draw(kRoots.size())];
    recent_.path = kNames[Draw(kNames.size())];
    for (std::size_t depth = Draw(3); depth > 0; --depth) {
      absl::StrAppend(&recent_.path, "/", kNames[Draw(kNames.size())]);
    }
    return recent_;
  }

  void WriteRound() {
    const std::size_t begin = 5 + Draw(10);
    const std::size_t end = begin + 5 + Draw(15);
    const std::size_t trouble = Draw(4);
    for (std::size_t i = 0; i < kActsARound; ++i) {
      if (i == begin) Befall(trouble);
      if (i == end) Relieve(trouble);
      AddAct();
    }
    CloseWriters();
    Add(Kind::kCheckpoint);
  }

  void Befall(std::size_t trouble) {
    if (trouble == 0) return;
    if (!script_.program) {
      if (trouble == 1) {
        Add(Kind::kOverflow);
      } else {
        CloseWriters();
        root_away_ = true;
        Add(Kind::kTakeRootAway);
      }
    } else if (trouble == 1) {
      Add(Kind::kRestart);
    } else {
      Add(Kind::kHalt);
      if (trouble == 2) Add(Kind::kFlood);
    }
  }

  void Relieve(std::size_t trouble) {
    if (trouble == 0) return;
    if (script_.program) {
      if (trouble == 1) return;
      // Killed while it cannot even be told to end.
      Add(trouble == 3 && Draw(2) == 0 ? Kind::kRestart : Kind::kContinue);
    } else if (trouble == 1) {
      Add(Kind::kOverflow);
    } else {
      Add(Kind::kPutRootBack);
      root_away_ = false;
    }
  }

  void AddAct() {
    static constexpr std::array<Kind, 24> kKinds = {
        Kind::kMakeDirectories, Kind::kMakeDirectories, Kind::kWrite,    Kind::kWrite,
        Kind::kWrite,           Kind::kWrite,           Kind::kRename,   Kind::kRename,
        Kind::kRename,          Kind::kRename,          Kind::kExchange, Kind::kExchange,
        Kind::kRemove,          Kind::kRemove,          Kind::kRecreate, Kind::kSaveAtomically,
        Kind::kSaveAtomically,  Kind::kChangeMode,      Kind::kSymlink,  Kind::kHardLink,
        Kind::kFileInNewDirectory, Kind::kFileInNewDirectory, Kind::kOpenWriter, Kind::kOpenWriter};
    if (!writers_.empty() && Draw(4) == 0) return GoOnWriting();
    Kind kind = kKinds[Draw(kKinds.size())];
    if (root_away_ && kind == Kind::kOpenWriter) kind = Kind::kWrite;
    if (root_away_ && Draw(4) == 0) kind = Kind::kReplaceRoot;
    Act act;
    act.kind = kind;
    act.at = AnyPlace();
    act.to = AnyPlace();
    act.bytes = Draw(100);
    if (kind == Kind::kOpenWriter) writers_.push_back(act.writer = ++last_writer_);
    script_.acts.push_back(std::move(act));
  }

  void GoOnWriting() {
    const std::size_t index = Draw(writers_.size());
    Act act;
    act.writer = writers_[index];
    act.kind = Draw(3) == 0 ? Kind::kCloseWriter : Kind::kWritePiece;
    act.bytes = 1 + Draw(100);
    if (act.kind == Kind::kCloseWriter) {
      writers_.erase(writers_.begin() + static_cast<std::ptrdiff_t>(index));
    }
    script_.acts.push_back(std::move(act));
  }

  void CloseWriters() {
    for (const int writer : writers_) Add(Kind::kCloseWriter).writer = writer;
    writers_.clear();
  }

  std::mt19937 random_;
  Script script_;
  Place recent_;
  std::vector<int> writers_;
  int last_writer_ = 0;
  bool root_away_ = false;
};

std::string Describe(const Place& place) {
  static constexpr std::array<const char*, 3> kRoots = {"first", "second", "outside"};
  return absl::StrCat(kRoots[place.root], ":", EncodePathText(place.path));
}

}  // namespace

Script ScriptOf(unsigned seed) { return Author(seed).Write(); }

std::string Describe(const Script& script) {
  std::string text =
      absl::StrCat("seed ", script.seed, script.program ? ", real binary" : ", in process",
                   script.polled ? ", polled" : "", ", event capacity ", script.event_capacity,
                   ", journal capacity ", script.journal_capacity, "\n");
  for (std::size_t i = 0; i < script.acts.size(); ++i) {
    const Act& act = script.acts[i];
    absl::StrAppend(&text, i, " ", kKindNames[static_cast<std::size_t>(act.kind)]);
    if (act.writer != 0) absl::StrAppend(&text, " writer ", act.writer);
    if (!act.at.path.empty()) absl::StrAppend(&text, " ", Describe(act.at));
    if (!act.to.path.empty()) absl::StrAppend(&text, " ", Describe(act.to));
    if (act.bytes != 0) absl::StrAppend(&text, " ", act.bytes, " bytes");
    text.push_back('\n');
  }
  return text;
}

}  // namespace hestia
