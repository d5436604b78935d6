// Who answers for a site: one person at any time, and a deputy, by the versions of the site's record.

#include <gtest/gtest.h>

#include "store/rules/reviews.hpp"
#include "tests/support/procedure_state.hpp"

namespace coffre::rules {
namespace {

using test::day_ns;
using test::later;
using test::ProcedureState;
using test::utc;

class ResponsibleTest : public testing::Test {
protected:
    void name(Timestamp at, const std::string& person, const std::string& deputy = "") {
        site.change_site(at, [&](journal::Site& record) {
            record.responsible = person;
            record.deputy = deputy;
        });
    }

    const Timestamp begun = utc("2026-01-05T08:00:00Z");
    ProcedureState site{begun};
};

TEST_F(ResponsibleTest, proc_5_1_one_person_at_any_time) {
    const auto march = utc("2026-03-01T00:00:00Z"), june = utc("2026-06-01T00:00:00Z");
    name(march, "Anne");
    name(june, "Karim");
    const auto at = [&](Timestamp time) { return responsible_at(site.state, time).person; };
    EXPECT_EQ(at(later(march, -1)), "");
    EXPECT_EQ(at(march), "Anne");
    EXPECT_EQ(at(later(june, -1)), "Anne");
    EXPECT_EQ(at(june), "Karim");
    EXPECT_EQ(at(later(june, 1000 * day_ns)), "Karim");
}

TEST_F(ResponsibleTest, proc_5_1_the_history_has_no_gap_and_no_overlap) {
    const auto march = utc("2026-03-01T00:00:00Z"), june = utc("2026-06-01T00:00:00Z");
    name(march, "Anne", "Karim");
    // Another field of the record is no other responsible.
    site.change_site(utc("2026-04-01T00:00:00Z"),
                     [](journal::Site& record) { record.timezone = "Indian/Reunion"; });
    name(june, "Karim");
    const auto history = responsible_history(site.state);
    ASSERT_EQ(history.size(), 3U);
    EXPECT_EQ(history[0].since, begun);
    EXPECT_EQ(history[1].since, march);
    EXPECT_EQ(history[2].since, june);
    for (const auto& entry : history) {
        const auto then = responsible_at(site.state, entry.since);
        EXPECT_EQ(then.person, entry.person);
        EXPECT_EQ(then.deputy, entry.deputy);
    }
}

TEST_F(ResponsibleTest, proc_5_1_the_deputy_is_told_beside_the_responsible) {
    const auto march = utc("2026-03-01T00:00:00Z"), june = utc("2026-06-01T00:00:00Z");
    name(march, "Anne");
    name(june, "Anne", "Karim");
    EXPECT_EQ(responsible_at(site.state, later(june, -1)).deputy, "");
    EXPECT_EQ(responsible_at(site.state, june).deputy, "Karim");
    EXPECT_EQ(responsible_at(site.state, june).person, "Anne");
}

}  // namespace
}  // namespace coffre::rules
