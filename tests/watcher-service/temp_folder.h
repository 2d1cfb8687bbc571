#ifndef HESTIA_TESTS_WATCHER_SERVICE_TEMP_FOLDER_H_
#define HESTIA_TESTS_WATCHER_SERVICE_TEMP_FOLDER_H_

#include <string>

#include <absl/strings/string_view.h>

namespace hestia {

// A folder of its own on the real disk for one test, gone with this object. Paths are raw
// and relative to it; every method fails the test when the disk does not obey.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string Full(absl::string_view relative) const;

  void Write(absl::string_view relative, absl::string_view content) const;
  void MakeDirs(absl::string_view relative) const;
  void Rename(absl::string_view from, absl::string_view to) const;
  // With everything beneath.
  void Remove(absl::string_view relative) const;

 private:
  std::string path_;
};

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_TEMP_FOLDER_H_
