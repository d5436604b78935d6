#pragma once
// Ownership of a C library's objects: Handle<git_odb, git_odb_free> is one pointer that frees itself.

#include <memory>

namespace coffre {

template <auto free_fn>
struct Free {
    template <class T>
    void operator()(T* object) const noexcept {
        free_fn(object);
    }
};

template <class T, auto free_fn>
using Handle = std::unique_ptr<T, Free<free_fn>>;

}  // namespace coffre
