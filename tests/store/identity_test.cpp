// A person's identity: its file, its card, and the key slots that are sealed to it.

#include "store/crypto/identity.hpp"

#include <gtest/gtest.h>

#include "store/crypto/slot.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/repository_fixture.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre {
namespace {

using crypto::identity_card;
using crypto::open_identity;
using crypto::parse_card;
using test::error_of;
using test::Machine;
using test::MemoryFileSystem;

constexpr std::string_view passphrase = "une phrase à elle";

class IdentityTest : public testing::Test {
protected:
    crypto::Identity make(const std::string& name = "Anne Durand",
                          const std::string& mail = "anne@example.org") {
        return crypto::make_identity(keys.environment, name, mail);
    }
    Bytes lock(const crypto::Identity& identity) {
        return crypto::lock_identity(identity, keys.environment, passphrase, test::cheap_cost);
    }

    test::TestKeys keys;
};

TEST_F(IdentityTest, opens_with_its_passphrase_and_with_no_other) {
    const auto made = make();
    const auto file = lock(made);
    const auto opened = open_identity(file, passphrase, "identity");
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->card, made.card);
    EXPECT_EQ(opened->signing.id(), made.signing.id());
    EXPECT_EQ(to_hex(opened->secret.view()), to_hex(made.secret.view()));
    EXPECT_FALSE(open_identity(file, "Une phrase à elle", "identity"));
    EXPECT_FALSE(open_identity(file, "", "identity"));
}

TEST_F(IdentityTest, says_whose_it_is_without_its_passphrase) {
    const auto made = make();
    EXPECT_EQ(identity_card(lock(made), "identity"), made.card);
}

TEST_F(IdentityTest, with_any_byte_changed_or_cut_off_is_damaged_before_any_derivation) {
    const auto file = lock(make());
    const auto damaged = [&](const Bytes& bytes) {
        return error_of([&] { identity_card(bytes, "identity"); }) == Errc::damaged;
    };
    for (std::size_t i = 0; i < file.size(); ++i) {
        Bytes turned = file;
        turned[i] ^= 1;
        ASSERT_TRUE(damaged(turned)) << i;
    }
    for (std::size_t size = 0; size < file.size(); ++size)
        ASSERT_TRUE(damaged({file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
    Bytes longer = file;
    longer.push_back(0);
    EXPECT_TRUE(damaged(longer));
    EXPECT_EQ(error_of([&] { open_identity(longer, passphrase, "identity"); }), Errc::damaged);
}

// Whoever can write the file can fit its checksum too.
Bytes with_checksum(Bytes file) {
    const auto sum = crypto::sha256(ByteView(file).first(file.size() - 32));
    std::copy(sum.bytes.begin(), sum.bytes.end(), file.end() - 32);
    return file;
}

TEST_F(IdentityTest, that_asks_for_too_much_work_is_refused_before_any_is_done) {
    const auto file = lock(make());
    for (const auto& [at, value] : {std::pair<std::size_t, std::uint8_t>{36, 1}, {32 + 3, 0}, {40, 17}}) {
        Bytes bomb = file;
        bomb[at] = value;
        EXPECT_EQ(error_of([&] { open_identity(with_checksum(bomb), passphrase, "identity"); }),
                  Errc::damaged)
            << at;
    }
}

TEST_F(IdentityTest, with_the_card_of_another_does_not_open) {
    auto one = make("Anne Durand"), two = make("Bert Durand");
    auto file = lock(one);
    const auto card = two.card.text();
    ASSERT_EQ(card.size(), one.card.text().size());
    std::copy(card.begin(), card.end(), file.begin() + 56);
    EXPECT_FALSE(open_identity(with_checksum(file), passphrase, "identity"));
}

TEST_F(IdentityTest, locked_again_has_another_salt_and_the_same_keys) {
    const auto made = make();
    const auto one = lock(made), two = lock(made);
    EXPECT_NE(one, two);
    EXPECT_NE(to_hex(ByteView(one).subspan(16, 16)), to_hex(ByteView(two).subspan(16, 16)));
    EXPECT_EQ(open_identity(two, passphrase, "identity")->signing.id(), made.signing.id());
}

TEST_F(IdentityTest, made_twice_has_nothing_in_common_though_the_generator_is_stuck) {
    keys.random.stick(0x55);
    const auto one = make(), two = make();
    EXPECT_NE(one.card.key, two.card.key);
    EXPECT_NE(one.card.recipient, two.card.recipient);
}

TEST_F(IdentityTest, card_is_read_back_as_it_was_printed) {
    for (const auto* mail : {"", "anne@example.org"}) {
        const auto card = make("Anne d’Été", mail).card;
        EXPECT_EQ(parse_card(card.text(), "card"), card);
        EXPECT_EQ(parse_card(" " + card.text() + "\r\n", "card"), card);
    }
}

TEST_F(IdentityTest, card_with_any_bit_turned_is_refused) {
    const auto text = make().card.text();
    for (std::size_t i = 0; i < text.size() * 8; ++i) {
        std::string turned = text;
        turned[i / 8] = static_cast<char>(turned[i / 8] ^ static_cast<char>(1U << (i % 8)));
        ASSERT_EQ(error_of([&] { parse_card(turned, "card"); }), Errc::usage) << i;
    }
}

TEST_F(IdentityTest, names_that_no_card_can_bear_are_refused) {
    for (const std::string name : {"", " Anne", "Anne ", "Anne\nDurand", "An\xff", "A\x1b[31m"})
        EXPECT_EQ(error_of([&] { make(name); }), Errc::usage) << name;
    EXPECT_EQ(error_of([&] { make(std::string(129, 'a')); }), Errc::usage);
    for (const std::string mail : {"-", "an ne@x", "a\n@x"})
        EXPECT_EQ(error_of([&] { make("Anne", mail); }), Errc::usage) << mail;
}

TEST_F(IdentityTest, opens_the_slot_that_is_sealed_to_it_and_no_other_does) {
    const auto anne = make(), bert = make();
    const auto slot = make_recipient_slot(keys.ring, keys.hedge, anne.card.recipient);
    const auto ring = open_slot(slot, anne, "slot");
    ASSERT_TRUE(ring);
    EXPECT_EQ(to_hex(ring->site.view()), to_hex(keys.ring.site.view()));
    EXPECT_EQ(to_hex(ring->content->view()), to_hex(keys.ring.content->view()));
    EXPECT_EQ(to_hex(ring->admission->view()), to_hex(keys.ring.admission->view()));
    EXPECT_FALSE(open_slot(slot, bert, "slot"));
    EXPECT_FALSE(crypto::open_slot(slot, passphrase, "slot"));
}

TEST_F(IdentityTest, slot_is_found_by_who_knows_the_recipient_and_tells_nothing_else_of_it) {
    const auto anne = make();
    const auto slot = make_recipient_slot(keys.ring, keys.hedge, anne.card.recipient);
    const auto header = crypto::parse_slot(slot, "slot");
    EXPECT_EQ(header.type, crypto::SlotType::recipient);
    EXPECT_EQ(header.id, recipient_slot_id(anne.card.recipient, keys.ring.repository));
    const test::TestKeys other(2);
    EXPECT_NE(header.id, recipient_slot_id(anne.card.recipient, other.ring.repository));
    EXPECT_EQ(as_text(slot).find(as_text(anne.card.recipient.view())), std::string_view::npos);
}

TEST_F(IdentityTest, slot_with_any_bit_turned_never_opens) {
    const auto anne = make();
    const auto slot = make_recipient_slot(keys.ring, keys.hedge, anne.card.recipient);
    for (std::size_t i = 0; i < slot.size() * 8; ++i) {
        Bytes turned = slot;
        turned[i / 8] = static_cast<std::uint8_t>(turned[i / 8] ^ (1U << (i % 8)));
        bool opened = false;
        const auto error = error_of([&] { opened = open_slot(turned, anne, "slot").has_value(); });
        ASSERT_FALSE(opened) << i;
        ASSERT_TRUE(!error || *error == Errc::damaged) << i;
    }
    for (std::size_t size = 0; size < slot.size(); ++size)
        ASSERT_EQ(error_of([&] { (void)open_slot(ByteView(slot).first(size), anne, "slot"); }),
                  Errc::damaged);
}

TEST_F(IdentityTest, nothing_is_sealed_to_a_point_that_gives_everybody_the_same_secret) {
    crypto::RecipientPublic zero;
    EXPECT_EQ(error_of([&] { make_recipient_slot(keys.ring, keys.hedge, zero); }), Errc::usage);
    // And such a point in a slot opens nothing.
    const auto anne = make();
    auto slot = make_recipient_slot(keys.ring, keys.hedge, anne.card.recipient);
    std::fill(slot.begin() + 128, slot.begin() + 160, std::uint8_t{0});
    EXPECT_EQ(error_of([&] { (void)open_slot(slot, anne, "slot"); }), Errc::damaged);
}

class WaysOfPeople : public testing::Test {
protected:
    WaysOfPeople() { machine.create(); }

    crypto::Identity make(const std::string& name) {
        return crypto::make_identity(machine.environment(), name, "");
    }

    // Opening counts.
    repo::Credentials with(const crypto::Identity& identity, bool required = true) {
        repo::Credentials credentials;
        credentials.identity = {identity.card.recipient,
                                [this, &identity]() -> const crypto::Identity& {
                                    ++opened;
                                    return identity;
                                },
                                required,
                                say<Msg::wrong_passphrase>(),
                                {}};
        return credentials;
    }

    void admit(const crypto::Identity& identity) {
        machine.open().add_recipient(identity.card.recipient, nullptr);
    }

    Errc opening(const repo::Credentials& credentials) {
        return error_of([&] { machine.open(credentials); }).value();
    }

    MemoryFileSystem files;
    Machine machine{files};
    crypto::Identity anne = make("Anne"), bert = make("Bert");
    int opened = 0;
};

TEST_F(WaysOfPeople, who_was_admitted_opens_and_nobody_else_does) {
    admit(anne);
    EXPECT_EQ(machine.open(with(anne)).opened_by(),
              recipient_slot_id(anne.card.recipient, machine.repository().id()));
    EXPECT_EQ(opening(with(bert)), Errc::no_key);
}

TEST_F(WaysOfPeople, an_identity_without_a_slot_is_not_opened) {
    admit(anne);
    EXPECT_EQ(opening(with(bert)), Errc::no_key);
    EXPECT_EQ(opened, 0);
}

TEST_F(WaysOfPeople, who_was_removed_opens_no_more_even_where_the_file_comes_back) {
    admit(anne);
    const auto id = machine.open(with(anne)).opened_by();
    std::string name;
    for (const auto& slot : machine.repository().state().slots)
        if (slot.id == id) name = slot.file.hex() + ".slot";
    const auto keys = files.open_directory("/repo/keys");
    const auto kept = read_file(*keys, name, 1 << 20).value();
    machine.open().remove_slot(id);
    EXPECT_EQ(opening(with(anne)), Errc::no_key);
    keys->create_file(name, 0600)->write(kept);
    EXPECT_EQ(test::message_of([&] { machine.open(with(anne)); }), Msg::slot_removed);
}

TEST_F(WaysOfPeople, who_was_removed_and_admitted_again_opens) {
    admit(anne);
    machine.open().remove_slot(machine.open(with(anne)).opened_by());
    admit(anne);
    EXPECT_NO_THROW(machine.open(with(anne)));
}

TEST_F(WaysOfPeople, a_slot_of_another_repository_is_told_as_such) {
    MemoryFileSystem other_files;
    Machine other(other_files, "other");
    other.create();
    other.open().add_recipient(anne.card.recipient, nullptr);
    const auto from = other_files.open_directory("/repo/keys");
    const auto to = files.open_directory("/repo/keys");
    for (const auto& entry : from->entries())
        to->create_file(entry.name, 0600)->write(*read_file(*from, entry.name, 1 << 20));
    EXPECT_EQ(opening(with(anne)), Errc::damaged);
}

TEST_F(WaysOfPeople, a_damaged_slot_is_told_before_a_missing_one) {
    admit(anne);
    const auto id = machine.open(with(anne)).opened_by();
    const auto keys = files.open_directory("/repo/keys");
    for (const auto& slot : machine.repository().state().slots) {
        if (slot.id != id) continue;
        const auto name = slot.file.hex() + ".slot";
        auto bytes = read_file(*keys, name, 1 << 20).value();
        bytes[200] ^= 1;
        keys->remove_file(name);
        keys->create_file(name, 0600)->write(bytes);
    }
    EXPECT_EQ(opening(with(anne)), Errc::damaged);
    EXPECT_EQ(opened, 1);  // in the constructor of the session above
}

TEST_F(WaysOfPeople, an_identity_that_is_not_required_leaves_the_passphrase_to_open) {
    auto credentials = with(anne, false);
    credentials.passphrase = Machine::passphrase().passphrase;
    EXPECT_NO_THROW(machine.open(credentials));
    EXPECT_EQ(opened, 0);
    admit(anne);
    EXPECT_EQ(machine.open(credentials).opened_by(),
              recipient_slot_id(anne.card.recipient, machine.repository().id()));
    credentials.identity->open = []() -> const crypto::Identity& {
        throw Error(Errc::no_key, say<Msg::wrong_passphrase>());
    };
    EXPECT_NO_THROW(machine.open(credentials));
}

TEST_F(WaysOfPeople, the_record_beside_a_slot_comes_with_it_or_neither_does) {
    const auto refuse = [](const journal::State&) -> journal::Json { throw Error(Errc::failed, Message{}); };
    auto& repository = machine.open();
    const auto before = files.open_directory("/repo/keys")->entries().size();
    EXPECT_EQ(error_of([&] { repository.add_recipient(anne.card.recipient, refuse); }), Errc::failed);
    EXPECT_EQ(files.open_directory("/repo/keys")->entries().size(), before);
    EXPECT_EQ(opening(with(anne)), Errc::no_key);
    admit(anne);
    const auto id = machine.open(with(anne)).opened_by();
    EXPECT_EQ(error_of([&] { machine.open().remove_slot(id, refuse); }), Errc::failed);
    EXPECT_NO_THROW(machine.open(with(anne)));
}

}  // namespace
}  // namespace coffre
