#pragma once
// The restore kit of a physical medium: what restores from it where coffre was never installed, without
// network.
//
//   restore-kit/coffre         a launcher for /bin/sh alone: runs bin/coffre by the loader and what is in
//   lib/ restore-kit/bin, lib/      this program, its dynamic loader and every shared object that it has
//   loaded restore-kit/share/         zone files of the site's time zones, found by TZDIR
//   restore-kit/FORMAT.md      docs/format.md of this version
//   restore-kit/LISEZMOI.txt, README.txt, VERSION
//   restore-kit/SHA256SUMS     of all of these, for `sha256sum -c`
//
// It is no part of the repository: neither listed, nor mirrored, nor verified with it. It holds no secret and
// no name of a client or site. Errors are those of the file system; a caller that mirrors makes a warning of
// them, for a kit never keeps a copy from being made.

#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/ids.hpp"
#include "base/process.hpp"

namespace coffre::cli {

inline constexpr std::string_view restore_kit_folder = "restore-kit";

struct KitParts {
    LoadedProgram program;           // of loaded_program()
    std::string version;             // cli::version: a kit of a newer one is left as it is
    std::vector<std::string> zones;  // all that the site has or had; one that the system lacks is left out
    std::string zone_folder = "/usr/share/zoneinfo";
};

struct RestoreKit {
    Sha256Digest sha256;      // of SHA256SUMS, which names the SHA-256 of everything else
    std::uint64_t bytes = 0;  // of all files
    bool written = false;     // false: what is there is equal, or newer
    std::string version;      // of the kit that is there now
};

// Puts the kit beside the repository in `folder`, or replaces an older or different one; durable when it
// returns. It is written as restore-kit.new and renamed: at any moment a whole kit is there under one of the
// names restore-kit, restore-kit.old and restore-kit.new, once there was one. Error{failed} when a file that
// it is made of changes meanwhile or is no more (the program was replaced under a process that runs).
RestoreKit write_restore_kit(FileSystem& files, const std::string& folder, const KitParts& parts);

// Names below restore-kit/ whose bytes are not those of SHA256SUMS; none: it is whole. Empty optional: no
// kit.
std::optional<std::vector<std::string>> check_restore_kit(FileSystem& files, const std::string& folder);

}  // namespace coffre::cli
