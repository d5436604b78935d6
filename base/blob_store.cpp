#include "base/blob_store.hpp"

#include <algorithm>

namespace coffre {

std::vector<BlobInfo> BlobStore::list_all() {
    const std::string format_file = "coffre.json";
    std::vector<BlobInfo> all;
    if (const auto bytes = size(format_file)) all.push_back({format_file, *bytes});
    for (const auto folder : repository_folders)
        for (const auto& blob : list(std::string(folder)))
            all.push_back({std::string(folder) + "/" + blob.name, blob.size});
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
}

}  // namespace coffre
