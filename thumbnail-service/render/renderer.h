#ifndef HESTIA_THUMBNAIL_SERVICE_RENDER_RENDERER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDER_RENDERER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "thumbnail-service/jobs/placeholder.h"
#include "thumbnail-service/jobs/recipe.h"
#include "thumbnail-service/render/format_limits.h"
#include "thumbnail-service/render/jail_posture.h"
#include "thumbnail-service/render/memory_budget.h"
#include "thumbnail-service/render/source_file.h"
#include "thumbnail-service/render/worker_source.h"

namespace hestia {

// Rises with every release that may read what an earlier one could not, so that verdicts
// of the earlier one are lifted; see DecoderVersionFromSettings.
constexpr int kDecoderVersion = 6;

// Where the renderer programs lie; see FindRendererPrograms in render_settings.h.
struct RendererPrograms {
  std::string fast;  // thumbnail-renderer: JPEG, PNG, WebP
  std::string oiio;  // thumbnail-renderer-oiio: everything else
};

struct RenderLimits {
  // Wall time for one image, after which its process is killed: `least_timeout` and 160 ms for
  // each megapixel, at most `timeout`. Four times what a slow machine needs.
  absl::Duration least_timeout = absl::Seconds(2);
  absl::Duration timeout = absl::Seconds(10);
  // Width x height by the header: where the decoder can scale while decoding (baseline
  // JPEG), and elsewhere.
  std::int64_t max_scaled_pixels = 268'000'000;
  std::int64_t max_pixels = 120'000'000;
  FormatLimits formats = {};
  // Whether an image that is cut short or damaged in its middle is rendered with what is there, and
  // flagged, or is the verdict DECODE_FAILED. JPEG, PNG, WebP and what OpenImageIO reads by rows.
  bool render_damaged = false;
  // Longest side by the header.
  std::int64_t max_side_px = 65'535;
  std::int64_t max_channels = 64;
  // Frames or pages in the file; few of them are looked at.
  std::int64_t max_frames = 100'000;
  // What the pixels take, four bytes each, for each byte of the file. Blank pictures of some
  // formats come near it honestly.
  std::int64_t max_ratio = 1'000'000;
  std::int64_t max_scans = 500;  // of a JPEG
  // A PNG's chunks but for its pixels.
  std::int64_t max_chunk_bytes = std::int64_t{16} << 20;
  // A larger profile, or EXIF block, counts as none.
  std::int64_t max_icc_bytes = std::int64_t{8} << 20;
  std::int64_t max_exif_bytes = std::int64_t{1} << 20;
  // Address space of one decode.
  std::int64_t max_memory_bytes = std::int64_t{1536} << 20;
  // Whether to render where a layer of the jail is missing.
  JailMode jail = JailMode::kBestEffort;
};

// The OpenImageIO workers for any number of renderers.
std::shared_ptr<WorkerSource> MakeWorkerSource(const RendererPrograms& programs,
                                               const RenderLimits& limits);

struct RenderedImage {
  int width_px = 0;
  int height_px = 0;
  OutputFormat format = OutputFormat::kWebp;
  std::string data;  // the encoded image
};

struct Rendering {
  // As it is shown, upright.
  int source_width_px = 0;
  int source_height_px = 0;
  Placeholder placeholder;
  std::string damage;  // what is missing, for people; empty: nothing
  // How the program says it did the work, which is not checked: how often an encoder ran, how
  // many image libraries were new to its process, and how many scalings.
  int encodes = 0;
  int first_uses = 0;
  int scalings_made = 0;
  // One for each recipe, in the recipes' order.
  std::vector<RenderedImage> images;
};

// What the last image cost its process; zeros for an OpenImageIO worker that lives on.
struct RenderCost {
  std::uint64_t peak_rss_kib = 0;
  std::uint64_t cpu_us = 0;
};

// One rendering slot: the connection to a launcher of one-image processes and, from the
// first image that needs it, to an OpenImageIO worker out of `workers`. Image bytes meet decoders only in
// those processes; what comes back is checked as if an enemy had sent it.
//
// Thread-safety: Prepare and Render from one thread at a time; Cancel from any.
// Blocking: Render until the image is done, at most `limits.timeout` after its process
//   began (twice, when it needs more than a share), plus a program's start (at most 30 s, normally
//   milliseconds) and the wait for its memory.
// Ownership: its processes die with it, and with the service however that ends.
// Memory: the encoded images. Programs: one launcher, one decode or OpenImageIO worker, beside
//   the source's own.
class Renderer {
 public:
  // Without `workers` it has a source of its own. With a `budget`, which renderers share, an image
  // first gets a share of it, and all of it when that was too little; without, each image may use
  // `limits.max_memory_bytes`, whatever the others do.
  Renderer(RendererPrograms programs, RenderLimits limits,
           std::shared_ptr<WorkerSource> workers = nullptr,
           std::shared_ptr<MemoryBudget> budget = nullptr);
  ~Renderer();

  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  // Starts the launchers now rather than with the first image. Returns the layers of the jail
  // that every image's process will reach.
  //   kUnavailable  RENDERER_UNAVAILABLE: one could not be started, or lacks a layer where all
  //                 are required; the message says which and why. Retry, and tell the user.
  absl::StatusOr<Posture> Prepare();

  // Renders all recipes from one decode. `source` and `recipes` are borrowed for the call.
  // 1 to kMaxRecipes recipes.
  //   kInvalidArgument    DECODE_FAILED: the content cannot be read as what it claims to
  //                       be; a verdict at once.
  //   kResourceExhausted  TOO_LARGE: over a limit; a verdict at once.
  //   kUnimplemented      UNSUPPORTED_FORMAT: a verdict at once.
  //   kDeadlineExceeded   TIMED_OUT: killed at the timeout; a verdict after one more try.
  //   kAborted            DECODER_CRASHED: the decoder died, or its answer was not credible;
  //                       the message names the signal. A verdict after one more try.
  //   kUnavailable        RENDERER_UNAVAILABLE: as Prepare.
  //   kCancelled          Cancel() was called.
  absl::StatusOr<Rendering> Render(const SourceFile& source, absl::Span<const Recipe> recipes);

  RenderCost last_cost() const;

  // Makes a running Render, and every later one, return kCancelled at once. Never blocks.
  void Cancel();

 private:
  class Slot;
  const std::unique_ptr<Slot> slot_;
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDER_RENDERER_H_
