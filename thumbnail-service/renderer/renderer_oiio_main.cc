#include "thumbnail-service/renderer/oiio_worker.h"

int main() { return hestia::RunOiioWorker(); }
