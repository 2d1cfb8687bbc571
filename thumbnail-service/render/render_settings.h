#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_SETTINGS_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_SETTINGS_H_

#include <cstdint>
#include <string>

#include <absl/status/statusor.h>

#include "common/settings.h"
#include "thumbnail-service/render/renderer.h"
#include "thumbnail-service/render/source_file.h"

namespace hestia {

// What the user may set about rendering: --render_timeout, --max_source_bytes,
// --max_pixels, --max_scaled_pixels, --format_limits, --damaged_files, --render_memory_bytes, --jail and --renderer_dir.
//
// Thread-safety: from any thread once the settings are read.

// Adds what is wrong with the values; for the callback of ReadSettingsOrExit.
void ValidateRenderSettings(SettingErrors& errors);

RenderLimits RenderLimitsFromSettings();
SourceLimits SourceLimitsFromSettings();
std::int64_t MemoryBudgetFromSettings();

// What verdicts are tied to: the decoder, and all limits that may be why an image got none. Equal
// settings give equal text, but on machines so small that an image alone has less memory than
// render_memory_bytes: what was too large there is tried again when only larger ones are left.
std::string DecoderVersionFromSettings();

// The programs in --renderer_dir or, when it is empty, in the folder of this executable.
//   kNotFound  a program is missing there; the message names its path. Tell the user: no
//              image can be rendered.
absl::StatusOr<RendererPrograms> FindRendererPrograms();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_RENDER_SETTINGS_H_
