#include "watcher-service/tree/file_system.h"

#include <errno.h>
#include <sys/vfs.h>

#include <algorithm>
#include <iterator>

#include <absl/strings/str_cat.h>

namespace hestia {
namespace {

struct KnownType {
  std::uint32_t number;
  const char* name;
};

// Numbers from statfs(2) and the kernel's linux/magic.h; those of out-of-tree file systems from
// their own documentation.
constexpr KnownType kWithoutEvents[] = {
    {0x6969, "nfs"},           {0x517B, "smb"},           {0xFF534D42, "cifs"},
    {0xFE534D42, "smb2"},      {0x65735546, "fuse"},      {0x01021997, "9p"},
    {0x5346414F, "afs"},       {0x6B414653, "afs"},       {0x00C36400, "ceph"},
    {0x73757245, "coda"},      {0x786F4256, "vboxsf"},    {0xBACBACBC, "vmhgfs"},
    {0x7C7C6673, "prl_fs"},    {0x01161970, "gfs2"},      {0x7461636F, "ocfs2"},
    {0x0BD00BD0, "lustre"},    {0x47504653, "gpfs"},      {0x19830326, "beegfs"},
    {0x564C, "ncp"},           {0x61756673, "aufs"},
};

constexpr std::uint32_t kExt4 = 0xEF53;  // ext2 and ext3 as well
constexpr std::uint32_t kXfs = 0x58465342;
constexpr std::uint32_t kTmpfs = 0x01021994;

const KnownType* Find(std::uint32_t number) {
  const auto* const found =
      std::find_if(std::begin(kWithoutEvents), std::end(kWithoutEvents),
                   [number](const KnownType& type) { return type.number == number; });
  return found == std::end(kWithoutEvents) ? nullptr : found;
}

}  // namespace

std::uint32_t FileSystemOf(int directory_fd) {
  struct statfs found {};
  int result = 0;
  do {
    result = fstatfs(directory_fd, &found);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? static_cast<std::uint32_t>(found.f_type) : 0;
}

bool SendsEvents(std::uint32_t file_system) { return Find(file_system) == nullptr; }

bool CountsSubdirectories(std::uint32_t file_system) {
  return file_system == kExt4 || file_system == kXfs || file_system == kTmpfs;
}

std::string FileSystemName(std::uint32_t file_system) {
  if (const KnownType* const known = Find(file_system)) return known->name;
  switch (file_system) {
    case kExt4:
      return "ext4";
    case kXfs:
      return "xfs";
    case 0x9123683E:
      return "btrfs";
    case kTmpfs:
      return "tmpfs";
    case 0x794C7630:
      return "overlay";
    case 0x2FC12FC1:
      return "zfs";
    default:
      return absl::StrCat("0x", absl::Hex(file_system));
  }
}

}  // namespace hestia
