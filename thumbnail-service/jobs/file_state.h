#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_FILE_STATE_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_FILE_STATE_H_

#include <cstdint>
#include <optional>
#include <string>

namespace hestia {

// Where a file stands. The numbers are those of files.state and of the API's File.State.
enum class FileStatus { kReady = 1, kPending = 2, kFailed = 3 };

// What tells one state of a file from another without reading it.
struct FileStamp {
  std::int64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;  // since 1970, UTC
  std::uint64_t inode = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// A point in a library's feed. Compare sequences only within one epoch.
struct Cursor {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

// What the watcher told about one path.
struct ToldFile {
  std::string path;  // path text, relative to the library's root
  bool present = false;
  FileStamp stamp;              // meaningless when absent
  bool subtree_absent = false;  // when absent: nothing lies beneath the path either
  bool rewritten = false;       // a writer closed it: read it even if the stamp is the same
  bool settling = false;        // listed while being written: it is there, its state comes later
};

// What the database knows about one path.
struct KnownFile {
  std::int64_t id = 0;
  std::string path;
  FileStamp stamp;
  FileStatus status = FileStatus::kPending;
  bool marked = false;  // passed over by the listing under way
  bool unread = false;  // FAILED before its bytes could be read; listings do not ask
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_FILE_STATE_H_
