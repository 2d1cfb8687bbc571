#ifndef HESTIA_TESTS_BENCH_FILE_LOAD_H_
#define HESTIA_TESTS_BENCH_FILE_LOAD_H_

#include <string>

#include <absl/time/time.h>

namespace hestia::bench {

// What is done to a folder. Files lie in directories "d0000", "d0001", …, which MakeTree makes.

// `files` empty files, evenly in `directories` directories.
void MakeTree(const std::string& root, int files, int directories);

// `files` files of one byte, created and closed by `writers` threads, each in directories of its
// own. Answers MonotonicNow() of the last close.
absl::Duration CreateFiles(const std::string& root, int files, int writers);

// About `changes` changes by `writers` threads: files are created, rewritten and renamed, and
// three of four deleted. Answers how many files are left.
int ChangeFiles(const std::string& root, int changes, int writers);

// One file, created, written and closed. Answers MonotonicNow() of the close.
absl::Duration CreateFile(const std::string& path);

}  // namespace hestia::bench

#endif  // HESTIA_TESTS_BENCH_FILE_LOAD_H_
