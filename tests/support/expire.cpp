// coffre_expire REPOSITORY KEY_FILE COMMIT…: journals that these snapshots expired, and nothing else: for
// black-box tests of what is said of them.

#include <cstdio>
#include <iterator>

#include "store/repo/repository.hpp"

int main(int argc, char** argv) {
    using namespace coffre;
    if (argc < 4) return 2;
    try {
        crypto::start();
        const Environment environment{system_files(), system_clock(), system_random(), 1};
        const auto [folder, name] = split_path(argv[2]);
        const auto key = read_file(*environment.files.open_directory(folder), name, 4096);
        const auto store = directory_blob_store(environment.files.open_directory(argv[1]), environment.clock,
                                                environment.random);
        repo::Credentials credentials;
        credentials.key_file = std::string(as_text(*key));
        repo::Repository repository(*store, environment, credentials, {});
        std::vector<journal::Json> records;
        for (int i = 3; i < argc; ++i)
            records.push_back(journal::expiry_record(ObjectId::parse(argv[i]).value(), "test"));
        repository.record(records);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
