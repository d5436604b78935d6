#include "base/blob_store.hpp"

#include <algorithm>

namespace coffre {

std::vector<BlobInfo> BlobStore::list_all() {
    const std::string format_file = "coffre.json";
    std::vector<BlobInfo> all;
    if (const auto bytes = size(format_file)) all.push_back({format_file, *bytes});
    // Against the order of writing: whoever publishes meanwhile is seen without his end, never without what
    // that end needs.
    for (auto at = std::rbegin(repository_folders); at != std::rend(repository_folders); ++at)
        for (auto& blob : list(std::string(*at))) {
            blob.name = std::string(*at) + "/" + blob.name;
            all.push_back(std::move(blob));
        }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
}

}  // namespace coffre
