#pragma once
// What the files of this folder share about libgit2 itself. Included by them only.

namespace coffre::odb {

// Once a process, before any other call of the library. Thread-safe.
void start_libgit2();

// libgit2 gives through a pointer to a pointer: takes it into a handle when the call is over.
template <class H>
class Out {
public:
    explicit Out(H& handle) : handle_(handle) {}
    ~Out() { handle_.reset(raw_); }
    Out(const Out&) = delete;
    Out& operator=(const Out&) = delete;
    operator typename H::pointer *() { return &raw_; }  // NOLINT: made to be passed

private:
    H& handle_;
    typename H::pointer raw_ = nullptr;
};

}  // namespace coffre::odb
