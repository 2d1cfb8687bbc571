#include "tests/bench/file_load.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "common/monotonic_clock.h"
#include "common/named_thread.h"
#include "common/unique_fd.h"

namespace hestia::bench {
namespace {

std::string Directory(const std::string& root, int number) {
  return absl::StrFormat("%s/d%04d", root, number);
}

void Write(const std::string& path, int flags, const char* bytes, std::size_t size) {
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0644));
  if (file.valid() && write(file.get(), bytes, size) == static_cast<ssize_t>(size)) return;
  std::cerr << "cannot write " << path << "\n";
  std::exit(EXIT_FAILURE);
}

void InParallel(int writers, absl::FunctionRef<void(int)> work) {
  std::vector<NamedThread> threads;
  for (int i = 0; i < writers; ++i) {
    threads.emplace_back(absl::StrCat("writer-", i), [&work, i] { work(i); });
  }
}

}  // namespace

void MakeTree(const std::string& root, int files, int directories) {
  for (int d = 0; d < directories; ++d) std::filesystem::create_directories(Directory(root, d));
  for (int i = 0; i < files; ++i) {
    Write(absl::StrFormat("%s/img_%06d.jpg", Directory(root, i % directories), i), O_CREAT, "", 0);
  }
}

absl::Duration CreateFile(const std::string& path) {
  Write(path, O_CREAT, "x", 1);
  return MonotonicNow();
}

absl::Duration CreateFiles(const std::string& root, int files, int writers) {
  InParallel(writers, [&](int writer) {
    const std::string directory = Directory(root, writer);
    for (int i = writer; i < files; i += writers) {
      CreateFile(absl::StrFormat("%s/f%06d.jpg", directory, i));
    }
  });
  return MonotonicNow();
}

int ChangeFiles(const std::string& root, int changes, int writers) {
  // Four files: created, rewritten and renamed each, three of them deleted.
  const int rounds = changes / (4 * 3 + 3) / writers;
  InParallel(writers, [&](int writer) {
    const std::string directory = Directory(root, writer);
    for (int round = 0; round < rounds; ++round) {
      for (int i = 0; i < 4; ++i) {
        const std::string path = absl::StrFormat("%s/r%06d-%d.jpg", directory, round, i);
        Write(path, O_CREAT, "x", 1);
        Write(path, O_APPEND, "y", 1);
        const std::string renamed = absl::StrCat(path, "-renamed.jpg");
        std::rename(path.c_str(), renamed.c_str());
        if (i > 0) unlink(renamed.c_str());
      }
    }
  });
  return rounds * writers;
}

}  // namespace hestia::bench
