#include <dirent.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/flags/flag.h>
#include <absl/flags/parse.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_replace.h>
#include <absl/synchronization/mutex.h>

#include "common/error_reason.h"
#include "common/monotonic_clock.h"
#include "common/named_thread.h"
#include "common/path_text.h"
#include "common/settings.h"
#include "common/version.h"
#include "thumbnail-service/jobs/recipe.h"
#include "thumbnail-service/render/library_folder.h"
#include "thumbnail-service/render/render_settings.h"

ABSL_FLAG(std::string, recipes, "small=128:webp:80,medium=256:webp:80,large=512:webp:80",
          "Recipes to render, NAME=BOX[:FORMAT[:QUALITY[:EFFORT]]], separated by commas");
ABSL_FLAG(int, workers, 2, "Threads, each with a renderer of its own, 1 to 256");
ABSL_FLAG(std::string, out, "", "Folder to write the thumbnails to; empty: they are dropped");
