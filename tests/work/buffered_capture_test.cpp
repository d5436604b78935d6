// Captures that wait in memory until the repository takes them in.

#include "cli/work/buffered_capture.hpp"

#include <gtest/gtest.h>

#include "drivers/equipment/memory_files.hpp"

namespace coffre::cli {
namespace {

CaptureSink::Pieces pieces_of(std::vector<std::string> texts) {
    return [texts = std::move(texts), at = std::size_t{0}]() mutable -> ByteView {
        return at < texts.size() ? as_bytes(texts[at++]) : ByteView();
    };
}

TEST(BufferedCapture, replays_what_came_in_the_same_order) {
    MemoryBudget budget(1000);
    BufferedCapture held(budget);
    held.file({"a"}, true, as_bytes("one"));
    held.large_file({"b", "c"}, false, 6, pieces_of({"two", "six"}));
    held.skipped({"d"}, say<Msg::special_skipped>());
    held.failed({"e"}, say<Msg::file_changed>());
    drivers::MemoryFiles files;
    held.replay(files);
    EXPECT_EQ(as_text(*files.content("a")), "one");
    EXPECT_EQ(as_text(*files.content("b/c")), "twosix");
    ASSERT_EQ(files.skipped_parts().size(), 1U);
    ASSERT_EQ(files.failed_parts().size(), 1U);
    EXPECT_EQ(files.failed_parts().front().path, "e");
}

TEST(BufferedCapture, gives_up_when_all_together_hold_too_much_and_gives_back_when_it_goes) {
    MemoryBudget budget(10);
    {
        BufferedCapture first(budget);
        first.file({"a"}, false, as_bytes("12345678"));
        BufferedCapture second(budget);
        EXPECT_THROW(second.file({"a"}, false, as_bytes("123")), TooMuchToHold);
        EXPECT_THROW(second.large_file({"a"}, false, 1 << 20, pieces_of({})), TooMuchToHold);
        second.file({"b"}, false, as_bytes("12"));
    }
    BufferedCapture third(budget);
    third.file({"a"}, false, as_bytes("1234567890"));
}

TEST(BufferedCapture, a_large_file_that_changes_meanwhile_is_a_failed_part) {
    MemoryBudget budget(1000);
    BufferedCapture held(budget);
    held.large_file({"a"}, false, 3,
                    []() -> ByteView { throw Error(Errc::failed, say<Msg::file_changed>()); });
    drivers::MemoryFiles files;
    held.replay(files);
    EXPECT_EQ(files.content("a"), nullptr);
    EXPECT_FALSE(files.complete());
}

}  // namespace
}  // namespace coffre::cli
