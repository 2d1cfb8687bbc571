#ifndef HESTIA_WATCHER_SERVICE_TREE_FILE_SYSTEM_H_
#define HESTIA_WATCHER_SERVICE_TREE_FILE_SYSTEM_H_

#include <cstdint>
#include <string>

namespace hestia {

// The type of the file system an open directory lies on, as statfs(2) numbers it; 0 when the
// kernel does not say. Blocking: a file server that is away.
std::uint32_t FileSystemOf(int directory_fd);

// Whether inotify hears of every change there. Not of those that others make on a file server
// (NFS, SMB, 9p, …), nor of those behind FUSE.
bool SendsEvents(std::uint32_t file_system);

// Whether a directory there has a link for each directory in it besides its own two, so that the
// number alone tells of one without any.
bool CountsSubdirectories(std::uint32_t file_system);

// "nfs", "fuse", …; the number in hexadecimal when the name is not known.
std::string FileSystemName(std::uint32_t file_system);

}  // namespace hestia

#endif  // HESTIA_WATCHER_SERVICE_TREE_FILE_SYSTEM_H_
