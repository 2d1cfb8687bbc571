#include "thumbnail-service/renderer/fast_formats.h"
#include "thumbnail-service/renderer/image_child.h"
#include "thumbnail-service/renderer/launcher.h"
#include "thumbnail-service/renderer/warmth.h"
#include "thumbnail-service/renderer/worker_launcher.h"

// Without an argument, the launcher of one-image processes; with one, the launcher of the
// worker program that it names.
int main(int count, char** arguments) {
  if (count == 2) return hestia::RunWorkerLauncher(arguments[1]);
  hestia::WarmUp();
  return hestia::RunLauncher(hestia::RenderImage, hestia::DescribeFastFormats,
                             hestia::LearnScalings());
}
