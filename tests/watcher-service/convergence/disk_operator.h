#ifndef HESTIA_TESTS_WATCHER_SERVICE_CONVERGENCE_DISK_OPERATOR_H_
#define HESTIA_TESTS_WATCHER_SERVICE_CONVERGENCE_DISK_OPERATOR_H_

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/strings/string_view.h>

#include "common/unique_fd.h"
#include "tests/watcher-service/convergence/script.h"
#include "tests/watcher-service/history/recorder.h"
#include "tests/watcher-service/temp_folder.h"

namespace hestia {

// Does to the disk what a script says, one system call at a time, looks after each at what it
// changed, and has that noted in the history of the library concerned. What cannot be done (no
// such file, a directory in the way) is left undone, as the disk decides; since nobody else
// writes there, the same script does the same each time.
//
// Thread-safety: none.
class DiskOperator {
 public:
  // `first` and `second` get the histories of the two libraries.
  DiskOperator(Recorder& first, Recorder& second);

  std::string Root(Place::Root root) const;

  // Only what is done to the disk; what befalls the watcher is others' affair.
  void Perform(const Act& act);
  // Finds directories whose watch was lost: only an event tells of these files.
  void WriteIntoEveryDirectory();
  // Fails the test when what was noted is not what lies on the disk.
  void ExpectNotedIsThere() const;

 private:
  using Tree = std::map<std::string, FileFact>;

  // One system call, or several between which nobody looks.
  void Step(const std::vector<Place>& touched, absl::FunctionRef<void()> body,
            const std::vector<std::uint64_t>& closed = {}, bool unobserved = false);
  void StepOnRoot(absl::FunctionRef<void()> body);
  void NoteStep(Place::Root root, DiskStep step);
  // Brings what is known of `place` and all beneath up to date; the differences go into `step`.
  void Look(const Place& place, DiskStep& step);
  Tree Scan(const Place& place) const;
  void ScanInto(int directory, const std::string& path, Tree& tree) const;

  // The open directory that `place` lies in; symbolic links are not followed.
  UniqueFd Parent(const Place& place) const;
  bool IsThere(const Place& place, struct stat& status) const;
  void MakeDirectories(const Place& place);
  // Opens for writing; invalid when the disk refuses or the file has several names: a change
  // made through one is not told of the others.
  UniqueFd Open(const Place& place);
  void Write(const UniqueFd& file, const Place& place, std::size_t bytes);
  void Close(UniqueFd file);
  void WriteWhole(const Place& place, std::size_t bytes);
  void Remove(const Place& place);
  void Rename(const Place& from, const Place& to, unsigned flags);
  void SaveAtomically(const Place& place, std::size_t bytes);
  void FileInNewDirectory(const Place& place);
  void HardLink(const Place& from, const Place& to);
  void Flood(const Place& place);
  void WritePiece(int writer, std::size_t bytes);
  void ReplaceRoot();
  void PutRootBack();

  TempFolder folder_;
  std::array<Recorder*, 2> recorders_;
  std::array<Tree, 2> trees_;
  std::map<int, UniqueFd> writers_;
  int generation_ = 0;
};

}  // namespace hestia

#endif  // HESTIA_TESTS_WATCHER_SERVICE_CONVERGENCE_DISK_OPERATOR_H_
