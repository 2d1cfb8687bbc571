#include "thumbnail-service/renderer/jail/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/unique_fd.h"

namespace hestia {
namespace {
// As of ABI 6; Debian 12's header ends at ABI 2. A kernel that knows less accepts the longer
// structure as long as what it does not know is zero.
struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};

// How many bits of each field an ABI knows.
constexpr unsigned FileBits(std::uint32_t abi) {
  constexpr unsigned kBits[] = {0, 13, 14, 15, 15, 16};
  return abi < std::size(kBits) ? kBits[abi] : kBits[std::size(kBits) - 1];
}
constexpr unsigned NetBits(std::uint32_t abi) { return abi >= 4 ? 2 : 0; }
constexpr unsigned ScopeBits(std::uint32_t abi) { return abi >= 6 ? 2 : 0; }
constexpr std::uint64_t LowBits(unsigned count) { return (std::uint64_t{1} << count) - 1; }

bool Allow(int ruleset, const char* path) {
  const UniqueFd file(::open(path, O_PATH | O_CLOEXEC));
  if (!file.valid()) return true;
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return false;
  landlock_path_beneath_attr rule{};
  rule.parent_fd = file.get();
  rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE;
  if (S_ISDIR(about.st_mode)) rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
  return ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}
}  // namespace

std::uint32_t LandlockAbi() {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0,
                             LANDLOCK_CREATE_RULESET_VERSION);
  return abi > 0 ? static_cast<std::uint32_t>(abi) : 0;
}

bool EnterLandlock(std::uint32_t abi, std::span<const char* const> readable) {
  if (abi == 0) return false;
  const RulesetAttributes attributes{LowBits(FileBits(abi)), LowBits(NetBits(abi)),
                                     LowBits(ScopeBits(abi))};
  const UniqueFd ruleset(static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0)));
  if (!ruleset.valid()) return false;
  for (const char* path : readable) {
    if (!Allow(ruleset.get(), path)) return false;
  }
  return ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

}  // namespace hestia
