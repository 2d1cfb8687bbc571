#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_FOLDER_FILE_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_FOLDER_FILE_H_

#include <memory>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include "thumbnail-service/jobs/file_access.h"
#include "thumbnail-service/render/library_folder.h"

namespace hestia {

// Opens a file of a folder on this machine. Errors as LibraryFolder::OpenFile.
absl::StatusOr<std::unique_ptr<OpenedFile>> OpenFolderFile(const LibraryFolder& folder,
                                                           absl::string_view path);

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_FOLDER_FILE_H_
