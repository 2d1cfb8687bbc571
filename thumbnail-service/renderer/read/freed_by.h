#ifndef HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_FREED_BY_H_
#define HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_FREED_BY_H_

namespace hestia {

// A std::unique_ptr's deleter for what a C library gave: std::unique_ptr<cairo_t,
// FreedBy<cairo_destroy>>.
template <auto kFree>
struct FreedBy {
  template <typename T>
  void operator()(T* thing) const {
    kFree(thing);
  }
};

}  // namespace hestia

#endif  // HESTIA_THUMBNAIL_SERVICE_RENDERER_READ_FREED_BY_H_
