#include "thumbnail-service/renderer/oiio_formats.h"
#include "thumbnail-service/renderer/oiio_image.h"
#include "thumbnail-service/renderer/worker.h"

int main() {
  hestia::PrepareOiio();
  return hestia::RunWorker(hestia::RenderByOiio, hestia::DescribeOiioFormats);
}
