#ifndef HESTIA_TESTS_WATCHER_SERVICE_CONVERGENCE_SCRIPT_H_
#define HESTIA_TESTS_WATCHER_SERVICE_CONVERGENCE_SCRIPT_H_

#include <cstddef>
#include <string>
#include <vector>

namespace hestia {

// Where something is done: beneath one of two libraries, or outside of both.
struct Place {
  enum Root { kFirst, kSecond, kOutside };
  Root root = kFirst;
  std::string path;  // raw
};

// One thing a person or a program does to folders, or that befalls the watcher.
struct Act {
  enum class Kind {
    kMakeDirectories,     // at, with its parents
    kWrite,               // a whole file, its directories made as needed
    kOpenWriter,          // `writer` opens a file for writing and leaves it empty
    kWritePiece,          // `writer` appends
    kCloseWriter,         // `writer` closes
    kRename,              // at -> to, replacing what is there
    kExchange,            // at <-> to
    kRemove,              // with everything beneath
    kRecreate,            // removed and written under the same name
    kSaveAtomically,      // written beside and renamed over
    kChangeMode,
    kSymlink,             // at becomes a link to `to`
    kHardLink,            // `to` becomes another name of at
    kFileInNewDirectory,  // as quickly as can be
    kTakeRootAway,        // the first library's root is renamed away
    kReplaceRoot,         // and another directory is put there
    kPutRootBack,
    kOverflow,  // the watcher hears that the kernel's queue overflowed
    kHalt,      // SIGSTOP
    kFlood,     // more events than the kernel's queue holds
    kContinue,  // SIGCONT
    kRestart,   // kill -9 and a new process
    kCheckpoint,
  };
  Kind kind = Kind::kWrite;
  Place at;
  Place to;
  std::size_t bytes = 0;
  int writer = 0;
};

// What a seed stands for: how the watcher is set up and everything that is done, in order. The
// seed alone decides; nothing is looked up on the disk.
struct Script {
  unsigned seed = 0;
  bool program = false;  // the real binary, in a process of its own
  bool polled = false;
  std::size_t event_capacity = 0;
  std::size_t journal_capacity = 0;
  std::vector<Act> acts;  // ends with a checkpoint
};

Script ScriptOf(unsigned seed);

// One line an act, for people.
std::string Describe(const Script& script);

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_CONVERGENCE_SCRIPT_H_
