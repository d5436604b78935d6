// coffre_write_kit EXECUTABLE LOADER FOLDER VERSION ZONE NAME=LIBRARY...: puts the restore kit of an
// executable on a medium, for the black-box tests. Prints the SHA-256 of the kit, and whether it was written.
// coffre_write_kit --self: prints what it takes for its own file, its loader and its libraries.

#include <cstdio>
#include <exception>

#include "cli/work/restore_kit.hpp"
#include "store/crypto/primitives.hpp"

int main(int argc, char** argv) {
    try {
        if (argc == 2 && std::string_view(argv[1]) == "--self") {
            const auto program = coffre::loaded_program();
            std::printf("%s\n%s\n", program.executable.c_str(), program.loader.path.c_str());
            for (const auto& library : program.libraries) std::printf("%s\n", library.path.c_str());
            return 0;
        }
        if (argc < 6) return 2;
        coffre::crypto::start();
        coffre::cli::KitParts parts;
        parts.program.executable = argv[1];
        const std::string loader = argv[2];
        parts.program.loader = {coffre::split_path(loader).second, loader};
        parts.version = argv[4];
        parts.zones = {argv[5]};
        for (int i = 6; i < argc; ++i) {
            const std::string library = argv[i];
            const auto mark = library.find('=');
            parts.program.libraries.push_back({library.substr(0, mark), library.substr(mark + 1)});
        }
        const auto kit = coffre::cli::write_restore_kit(coffre::system_files(), argv[3], parts);
        std::printf("%s %s\n", kit.sha256.hex().c_str(), kit.written ? "written" : "unchanged");
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "coffre_write_kit: %s\n", error.what());
        return 1;
    }
}
