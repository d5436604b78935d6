// Does the archive link? All that store/odb calls of it hangs on these.
#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/hashsig.h>
#include <git2/sys/repository.h>

int main() {
    git_repository* repository = nullptr;
    git_patch* patch = nullptr;
    git_hashsig* signature = nullptr;
    return git_libgit2_init() + git_repository_new(&repository) +
           git_patch_from_buffers(&patch, nullptr, 0, nullptr, nullptr, 0, nullptr, nullptr) +
           git_hashsig_create(&signature, nullptr, 0, GIT_HASHSIG_NORMAL);
}
