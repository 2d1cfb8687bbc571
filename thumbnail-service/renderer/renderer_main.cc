#include "thumbnail-service/renderer/image_child.h"
#include "thumbnail-service/renderer/launcher.h"

int main() { return hestia::RunLauncher(hestia::RenderImage); }
