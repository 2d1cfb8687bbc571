#ifndef HESTIA_THUMBNAIL_SERVICE_CONFIG_H_
#define HESTIA_THUMBNAIL_SERVICE_CONFIG_H_

#include <string>
#include <vector>

#include <absl/time/time.h>

#include "common/library_name.h"
#include "common/settings.h"
#include "thumbnail-service/jobs/ingest_store.h"
#include "thumbnail-service/jobs/recipe.h"

namespace hestia {

// The service's settings, valid once ValidateConfig added no error. Those about rendering
// are in render/render_settings.h.
struct Config {
  std::string listen;
  std::string address_file;  // empty: none
  std::string watcher_address;
  std::string database_url;
  std::string log_level;
  bool files_by_grpc = false;  // file_access: else by mount
  int workers = 0;
  std::vector<LibraryRoot> libraries;
  std::vector<Recipe> recipes;
  MassRemoval mass_removal;
  absl::Duration removal_grace;
  absl::Duration rescue_after;
  absl::Duration database_patience;
};

// Adds what is wrong with the settings; for the callback of ReadSettingsOrExit.
void ValidateConfig(SettingErrors& errors);

// The settings as read. Call after ReadSettingsOrExit.
Config ReadConfig();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_CONFIG_H_
