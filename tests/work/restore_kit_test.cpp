// The restore kit as files: what is in it, when it is written anew, and what is left where that goes wrong.

#include "cli/work/restore_kit.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "cli/work/format_page.hpp"
#include "cli/work/restore_kit_texts.hpp"
#include "store/crypto/primitives.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/faulty.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coffre::cli {
namespace {

using test::FaultyFileSystem;
using test::MemoryFileSystem;

void write(FileSystem& files, const std::string& path, const std::string& text) {
    const auto [folder, name] = split_path(path);
    const auto in = files.make_directories(folder);
    in->remove_file(name);
    const auto file = in->create_file(name, 0600);
    file->write(as_bytes(text));
    file->sync();
    in->sync();
}

std::string read(FileSystem& files, const std::string& path) {
    const auto [folder, name] = split_path(path);
    const auto in = files.open_directory(folder);
    const auto bytes = in ? read_file(*in, name, 1 << 24) : std::nullopt;
    return bytes ? std::string(as_text(*bytes)) : "(not there)";
}

class Kit : public ::testing::Test {
protected:
    Kit() { fill(files); }

    static void fill(FileSystem& on) {
        write(on, "/usr/bin/coffre", "program");
        write(on, "/lib/ld-linux.so.2", "loader");
        write(on, "/lib/libone.so.1.2", "one");
        write(on, "/zones/Europe/Paris", "Paris");
        write(on, "/zones/Indian/Reunion", "Reunion");
        on.make_directories("/medium");
    }

    static KitParts parts(const std::string& version = "0.3.0") {
        return {{"/usr/bin/coffre",
                 {"ld-linux.so.2", "/lib/ld-linux.so.2"},
                 {{"libone.so.1", "/lib/libone.so.1.2"}}},
                version,
                {"Europe/Paris", "Indian/Reunion", "Mars/Olympus"},
                "/zones"};
    }

    std::vector<std::string> wrong(FileSystem& on) {
        const auto found = check_restore_kit(on, "/medium");
        return found ? *found : std::vector<std::string>{"no kit"};
    }

    MemoryFileSystem files;
};

TEST_F(Kit, holds_the_program_and_all_that_it_needs) {
    const auto kit = write_restore_kit(files, "/medium", parts());
    EXPECT_TRUE(kit.written);
    const std::string at = "/medium/restore-kit/";
    EXPECT_EQ(read(files, at + "bin/coffre"), "program");
    EXPECT_EQ(read(files, at + "lib/ld-linux.so.2"), "loader");
    EXPECT_EQ(read(files, at + "lib/libone.so.1"), "one");
    EXPECT_EQ(read(files, at + "share/zoneinfo/Europe/Paris"), "Paris");
    EXPECT_EQ(read(files, at + "share/zoneinfo/Indian/Reunion"), "Reunion");
    EXPECT_EQ(read(files, at + "VERSION"), "0.3.0\n");
    EXPECT_EQ(read(files, at + "FORMAT.md"), format_page());
    EXPECT_EQ(files.stat(at + "coffre")->mode, 0755U);
    EXPECT_EQ(files.stat(at + "bin/coffre")->mode, 0755U);
    EXPECT_EQ(files.stat(at + "lib/ld-linux.so.2")->mode, 0755U);
    const auto sums = read(files, at + "SHA256SUMS");
    EXPECT_EQ(kit.sha256, crypto::sha256(as_bytes(sums)));
    EXPECT_NE(sums.find(crypto::sha256(as_bytes("program")).hex() + "  bin/coffre\n"), std::string::npos);
    EXPECT_EQ(std::count(sums.begin(), sums.end(), '\n'), 10);
    EXPECT_TRUE(wrong(files).empty());
    EXPECT_FALSE(files.stat("/medium/restore-kit.new"));
}

TEST_F(Kit, its_sheets_are_one_page_in_each_language_without_a_gap) {
    write_restore_kit(files, "/medium", parts());
    for (const auto* name : {"README.txt", "LISEZMOI.txt", "coffre"}) {
        const auto text = read(files, std::string("/medium/restore-kit/") + name);
        EXPECT_TRUE(is_utf8(text));
        for (const auto* gap : {"{VERSION}", "{MACHINE}", "{KIT}", "{RUN}", "{FIRST}"})
            EXPECT_EQ(text.find(gap), std::string::npos) << name;
        EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 62) << name;
        std::size_t columns = 0;
        for (const char c : text) {
            if (c == '\n') columns = 0;
            if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80) ++columns;
            EXPECT_LE(columns, 112U) << name;
        }
    }
    EXPECT_EQ(format_page().substr(0, 10), "# The on-d");
}

TEST_F(Kit, one_that_is_equal_is_not_written_again) {
    const auto first = write_restore_kit(files, "/medium", parts());
    FaultyFileSystem counted(files);
    const auto second = write_restore_kit(counted, "/medium", parts());
    EXPECT_FALSE(second.written);
    EXPECT_EQ(second.sha256, first.sha256);
    EXPECT_EQ(second.bytes, first.bytes);
    EXPECT_EQ(counted.operations(), 0U);
}

TEST_F(Kit, another_program_or_a_missing_file_makes_it_new) {
    const auto first = write_restore_kit(files, "/medium", parts());
    write(files, "/usr/bin/coffre", "better program");
    const auto second = write_restore_kit(files, "/medium", parts());
    EXPECT_TRUE(second.written);
    EXPECT_NE(second.sha256, first.sha256);
    EXPECT_EQ(read(files, "/medium/restore-kit/bin/coffre"), "better program");
    EXPECT_FALSE(files.stat("/medium/restore-kit.old"));
    files.open_directory("/medium/restore-kit/lib")->remove_file("libone.so.1");
    EXPECT_EQ(wrong(files), std::vector<std::string>{"lib/libone.so.1"});
    EXPECT_TRUE(write_restore_kit(files, "/medium", parts()).written);
    EXPECT_TRUE(wrong(files).empty());
}

TEST_F(Kit, an_older_version_does_not_replace_a_newer_one) {
    const auto newer = write_restore_kit(files, "/medium", parts("0.10.0"));
    write(files, "/usr/bin/coffre", "old program");
    const auto older = write_restore_kit(files, "/medium", parts("0.9.9"));
    EXPECT_FALSE(older.written);
    EXPECT_EQ(older.version, "0.10.0");
    EXPECT_EQ(older.sha256, newer.sha256);
    EXPECT_EQ(read(files, "/medium/restore-kit/bin/coffre"), "program");
    EXPECT_TRUE(write_restore_kit(files, "/medium", parts("0.11.0")).written);
}

TEST_F(Kit, a_flipped_bit_anywhere_is_found) {
    write_restore_kit(files, "/medium", parts());
    for (const auto* name : {"bin/coffre", "lib/libone.so.1", "README.txt", "share/zoneinfo/Europe/Paris"}) {
        const auto path = "/medium/restore-kit/" + std::string(name);
        const auto before = read(files, path);
        auto flipped = before;
        flipped[flipped.size() / 2] ^= 1;
        write(files, path, flipped);
        EXPECT_EQ(wrong(files), std::vector<std::string>{name});
        write(files, path, before);
    }
    EXPECT_TRUE(wrong(files).empty());
    for (const auto* sums : {"", "nonsense\n", "/\n"}) {
        write(files, "/medium/restore-kit/SHA256SUMS", sums);
        EXPECT_EQ(wrong(files), std::vector<std::string>{"SHA256SUMS"});
    }
    EXPECT_FALSE(check_restore_kit(files, "/usr"));
}

TEST_F(Kit, a_program_that_is_no_more_is_said_and_the_old_kit_stays) {
    write_restore_kit(files, "/medium", parts());
    auto gone = parts();
    gone.program.executable = "/usr/bin/coffre (deleted)";
    EXPECT_EQ(test::error_of([&] { write_restore_kit(files, "/medium", gone); }), Errc::failed);
    EXPECT_TRUE(wrong(files).empty());
    EXPECT_EQ(test::error_of([&] { write_restore_kit(files, "/nowhere", parts()); }), Errc::failed);
}

// A whole kit under one of the three names: what somebody finds who needs it.
bool a_whole_one_is_there(FileSystem& on) {
    const auto medium = on.open_directory("/medium");
    for (const auto* name : {"restore-kit", "restore-kit.old", "restore-kit.new"}) {
        if (!medium->open_directory(name)) continue;
        MemoryFileSystem copy;
        const std::function<void(const std::string&, const std::string&)> take = [&](const std::string& from,
                                                                                     const std::string& to) {
            for (const auto& entry : on.open_directory(from)->entries()) {
                if (entry.type == FileType::directory)
                    take(from + "/" + entry.name, to + "/" + entry.name);
                else
                    write(copy, to + "/" + entry.name, read(on, from + "/" + entry.name));
            }
        };
        take("/medium/" + std::string(name), "/medium/restore-kit");
        const auto found = check_restore_kit(copy, "/medium");
        if (found && found->empty()) return true;
    }
    return false;
}

TEST_F(Kit, cut_off_or_full_anywhere_a_whole_one_stays_and_the_next_run_mends) {
    std::mt19937_64 rng(20260301);
    bool completed = false;
    for (std::uint64_t n = 1; !completed; ++n) {
        ASSERT_LT(n, 400U);
        for (const bool crash : {true, false}) {
            MemoryFileSystem medium;
            fill(medium);
            write_restore_kit(medium, "/medium", parts());
            write(medium, "/usr/bin/coffre", "better program");
            FaultyFileSystem faulty(medium);
            if (crash)
                faulty.crash_at(n);
            else
                faulty.fail_at(n, test::no_space_error(), FaultyFileSystem::Lasting::from_then_on);
            try {
                completed = write_restore_kit(faulty, "/medium", parts()).written;
            } catch (const test::SimulatedCrash&) {
            } catch (const Error& error) {
                EXPECT_EQ(error.code(), Errc::no_space);
            }
            for (const auto policy :
                 {test::PowerCut::keep_all, test::PowerCut::lose_all, test::PowerCut::random}) {
                SCOPED_TRACE(n);
                auto after = medium.power_cut(rng, policy);
                EXPECT_TRUE(a_whole_one_is_there(after));
                write_restore_kit(after, "/medium", parts());
                EXPECT_EQ(read(after, "/medium/restore-kit/bin/coffre"), "better program");
                EXPECT_TRUE(check_restore_kit(after, "/medium")->empty());
            }
        }
    }
}

TEST(LoadedProgram, names_this_program_its_loader_and_libraries_as_files) {
    const auto program = loaded_program();
    EXPECT_EQ(program.executable, system_files().resolve("/proc/self/exe"));
    EXPECT_TRUE(program.loader.name.starts_with("ld-")) << program.loader.name;
    EXPECT_TRUE(system_files().stat(program.loader.path));
    bool has_libc = false;
    for (const auto& library : program.libraries) {
        EXPECT_TRUE(system_files().stat(library.path)) << library.path;
        EXPECT_EQ(library.name.find('/'), std::string::npos);
        EXPECT_NE(library.name, program.loader.name);
        has_libc = has_libc || library.name.starts_with("libc.so");
    }
    EXPECT_TRUE(has_libc);
}

}  // namespace
}  // namespace coffre::cli
