#ifndef HESTIA_WATCHER_SERVICE_EVENTS_WATCH_MODE_H_
#define HESTIA_WATCHER_SERVICE_EVENTS_WATCH_MODE_H_

namespace hestia {

// How changes of a library are noticed. Numbered as in watcher.proto.
enum class WatchMode {
  kAuto = 0,    // asked for: as each file system allows
  kEvents = 1,  // by the kernel's events
  kPoll = 2,    // by looking at every file each interval
  kHybrid = 3,  // found: by events here and by looking there
};

// Why a directory is polled.
enum class PollReason : unsigned char {
  kNotPolled = 0,
  kNoEvents,    // its file system sends none
  kWatchLimit,  // the kernel gives out no more watches
  kSeenTwice,   // the same directory is mounted at another place of the library
  kForced,      // as asked for
};

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_EVENTS_WATCH_MODE_H_
