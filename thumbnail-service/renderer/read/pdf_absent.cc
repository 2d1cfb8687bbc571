#include "thumbnail-service/renderer/read/pdf_reader.h"
#include "thumbnail-service/renderer/refuse.h"

// Built instead of the reader where there is no poppler.
namespace hestia {

Decoded ReadPdf(std::span<const std::uint8_t>, const Demand&) {
  Refuse(wire::Outcome::kUnsupported, "PDF: this build has no poppler to read it");
}

std::string PdfLibrary() { return ""; }

}  // namespace hestia
