// thumbnail-renderer but for the image: every process answers at once. With "images" as its
// argument it is thumbnail-renderer, so that all of that program is in this one.

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/thumbnail-service/render/answer.h"
#include "thumbnail-service/renderer/fast_formats.h"
#include "thumbnail-service/renderer/image_child.h"
#include "thumbnail-service/renderer/launcher.h"
#include "thumbnail-service/renderer/worker_launcher.h"

namespace hestia {
namespace {
void AnswerAtOnce(const wire::Request& request, int, int result) {
  const wire::ResultHeader header = TinyAnswer(request);
  const std::string image = TinyWebp();
  if (::pwrite(result, image.data(), image.size(), sizeof(header)) < 0 ||
      ::pwrite(result, &header, sizeof(header), 0) < 0) {
    ::_exit(EXIT_FAILURE);
  }
}
}  // namespace
}  // namespace hestia

int main(int count, char** arguments) {
  if (count == 1) return hestia::RunLauncher(hestia::AnswerAtOnce, hestia::DescribeFastFormats);
  return arguments[1] == std::string("images") ? hestia::RunLauncher(hestia::RenderImage, hestia::DescribeFastFormats)
                                               : hestia::RunWorkerLauncher(arguments[1]);
}
