#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PDF_READER_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PDF_READER_H_

#include <cstdint>
#include <span>
#include <string>

#include "thumbnail-service/renderer/read/readers.h"

namespace hestia {

// Draws the first page of a PDF by poppler, on white, as large as the largest thumbnail; that is
// what its size is said to be. Nothing outside of the file is read but fonts. The limits hold for
// the pixels that are drawn, whatever the page measures, and for the pages' number.
//
// Refuses (refuse.h) what cannot be read, and a file that asks for a password as such. Built only
// where poppler is; without it every file is refused as unsupported.
//
// Blocking: CPU-bound. Memory: the drawing at its size, and as much as the page makes poppler take.
Decoded ReadPdf(std::span<const std::uint8_t> bytes, const Demand& demand);

// "poppler 22.12.0"; empty where it is not built in.
std::string PdfLibrary();

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_PDF_READER_H_
