#ifndef HESTIA_THUMBNAIL_SERVICE_JOBS_PLACEHOLDER_H_
#define HESTIA_THUMBNAIL_SERVICE_JOBS_PLACEHOLDER_H_

#include <optional>
#include <string>

#include "thumbnail-service/jobs/recipe.h"

namespace hestia {

// What can be shown of an image before its thumbnail is there; one for each content.
struct Placeholder {
  std::string thumbhash;        // at most 25 bytes (https://evanw.github.io/thumbhash/); empty: none
  std::optional<Rgb> dominant;  // none when the image is invisible, or was not looked at
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_JOBS_PLACEHOLDER_H_
