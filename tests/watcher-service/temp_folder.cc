#include "tests/watcher-service/temp_folder.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

namespace hestia {

TempFolder::TempFolder() {
  path_ = absl::StrCat(std::filesystem::temp_directory_path().string(), "/hestia-watcher-XXXXXX");
  EXPECT_NE(mkdtemp(path_.data()), nullptr);
}

TempFolder::~TempFolder() {
  namespace fs = std::filesystem;
  std::error_code ignored;
  // Tests that close directories leave them closed.
  for (fs::recursive_directory_iterator it(path_, ignored), end; it != end; it.increment(ignored)) {
    if (it->is_symlink(ignored) || !it->is_directory(ignored)) continue;
    fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
  }
  fs::remove_all(path_, ignored);
}

std::string TempFolder::Full(absl::string_view relative) const {
  return absl::StrCat(path_, "/", relative);
}

void TempFolder::Write(absl::string_view relative, absl::string_view content) const {
  std::ofstream file(Full(relative), std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  EXPECT_TRUE(file.good()) << relative;
}

void TempFolder::MakeDirs(absl::string_view relative) const {
  std::error_code error;
  std::filesystem::create_directories(Full(relative), error);
  EXPECT_FALSE(error) << error.message();
}

void TempFolder::Rename(absl::string_view from, absl::string_view to) const {
  std::error_code error;
  std::filesystem::rename(Full(from), Full(to), error);
  EXPECT_FALSE(error) << error.message();
}

void TempFolder::Remove(absl::string_view relative) const {
  std::error_code error;
  std::filesystem::remove_all(Full(relative), error);
  EXPECT_FALSE(error) << error.message();
}

}  // namespace hestia
