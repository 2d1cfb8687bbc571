// thumbnail-renderer on a kernel without Landlock, as far as it can tell.

#include <sys/prctl.h>

#include <cerrno>
#include <cstdlib>

#include <seccomp.h>

#include "thumbnail-service/renderer/fast_formats.h"
#include "thumbnail-service/renderer/image_child.h"
#include "thumbnail-service/renderer/launcher.h"
#include "thumbnail-service/renderer/worker_launcher.h"

int main(int count, char** arguments) {
  const scmp_filter_ctx rules = seccomp_init(SCMP_ACT_ALLOW);
  if (seccomp_rule_add(rules, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) != 0 ||
      seccomp_load(rules) != 0) {
    return EXIT_FAILURE;
  }
  seccomp_release(rules);
  return count == 2 ? hestia::RunWorkerLauncher(arguments[1])
                    : hestia::RunLauncher(hestia::RenderImage, hestia::DescribeFastFormats);
}
