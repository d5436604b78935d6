// The primitives against published vectors, and the promise that no key material repeats.

#include <set>

#include <gtest/gtest.h>

#include "tests/support/error_of.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre::crypto {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

Bytes counting(std::uint8_t first, std::size_t count) {
    Bytes out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<std::uint8_t>(first + i));
    return out;
}

Key key_of(ByteView raw) {
    Key key;
    std::copy(raw.begin(), raw.end(), key.writable().begin());
    return key;
}

class Primitives : public testing::Test {
protected:
    void SetUp() override { start(); }
};

TEST_F(Primitives, sha256_is_that_of_fips_180) {
    EXPECT_EQ(sha256(as_bytes("abc")).hex(),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256(ByteView{}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256({as_bytes("a"), as_bytes(""), as_bytes("bc")}), sha256(as_bytes("abc")));
}

TEST_F(Primitives, hkdf_is_that_of_rfc_5869_cases_1_to_3) {
    const Bytes ikm(22, 0x0b);
    EXPECT_EQ(to_hex(hkdf(ikm, counting(0x00, 13), {counting(0xf0, 10)}).view()),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    EXPECT_EQ(to_hex(hkdf(counting(0x00, 80), counting(0x60, 80), {counting(0xb0, 80)}).view()),
              "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c");
    EXPECT_EQ(to_hex(hkdf(ikm, {}, {}).view()),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    // The parts of the label are one label.
    EXPECT_EQ(to_hex(hkdf(ikm, {}, {as_bytes("ab"), as_bytes("c")}).view()),
              to_hex(hkdf(ikm, {}, {as_bytes("abc")}).view()));
}

struct GcmVector {
    const char *key, *nonce, *aad, *plain, *cipher, *tag;
};

TEST_F(Primitives, proc_2_1_aes_256_gcm_is_that_of_the_nist_submission_cases_13_to_16) {
    const char* const zero = "0000000000000000000000000000000000000000000000000000000000000000";
    const char* const key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
    const GcmVector vectors[] = {
        {zero, "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
        {zero, "000000000000000000000000", "", "00000000000000000000000000000000",
         "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
        {key, "cafebabefacedbaddecaf888", "",
         "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
         "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
         "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
         "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
         "b094dac5d93471bdec1a502270e3cc6c"},
        {key, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
         "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
         "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
         "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
         "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
         "76fc6ece0f4e1768cddf8853bb2d551b"}};
    for (const auto& vector : vectors) {
        Aead aead(key_of(hex(vector.key)));
        Aead::Nonce nonce;
        const Bytes raw = hex(vector.nonce);
        std::copy(raw.begin(), raw.end(), nonce.begin());
        Bytes sealed;
        aead.seal(nonce, hex(vector.aad), hex(vector.plain), sealed);
        EXPECT_EQ(to_hex(sealed), std::string(vector.cipher) + vector.tag);
        Bytes opened;
        ASSERT_TRUE(aead.open(nonce, hex(vector.aad), sealed, opened));
        EXPECT_EQ(to_hex(opened), vector.plain);
    }
}

TEST_F(Primitives, a_seal_that_does_not_fit_gives_nothing) {
    Aead aead(key_of(Bytes(32, 7)));
    const auto nonce = counter_nonce(1, 2);
    Bytes sealed;
    aead.seal(nonce, as_bytes("aad"), as_bytes("plain"), sealed);
    const Bytes before{1, 2, 3};
    for (std::size_t i = 0; i < sealed.size() * 8; ++i) {
        Bytes turned = sealed;
        turned[i / 8] = static_cast<std::uint8_t>(turned[i / 8] ^ (1U << (i % 8)));
        Bytes out = before;
        ASSERT_FALSE(aead.open(nonce, as_bytes("aad"), turned, out));
        ASSERT_EQ(out, before);
    }
    Bytes out = before;
    EXPECT_FALSE(aead.open(counter_nonce(2, 2), as_bytes("aad"), sealed, out));
    EXPECT_FALSE(aead.open(counter_nonce(1, 3), as_bytes("aad"), sealed, out));
    EXPECT_FALSE(aead.open(nonce, as_bytes("aae"), sealed, out));
    EXPECT_FALSE(aead.open(nonce, as_bytes("aad"), ByteView(sealed).first(15), out));
    EXPECT_EQ(out, before);
    // And the sealer still works after refusals.
    EXPECT_TRUE(aead.open(nonce, as_bytes("aad"), sealed, out));
}

TEST_F(Primitives, x25519_is_that_of_rfc_7748) {
    Key shared;
    ASSERT_TRUE(x25519(hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                       hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"), shared));
    EXPECT_EQ(to_hex(shared.view()), "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    // Section 6.1, Bob's side.
    const auto bob = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    Bytes bob_public(32);
    x25519_public(bob, bob_public);
    EXPECT_EQ(to_hex(bob_public), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    ASSERT_TRUE(x25519(bob, hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"), shared));
    EXPECT_EQ(to_hex(shared.view()), "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

TEST_F(Primitives, x25519_refuses_the_all_zero_result) {
    Key shared;
    EXPECT_FALSE(x25519(counting(1, 32), Bytes(32), shared));
    Bytes one(32);
    one[0] = 1;  // another point of small order
    EXPECT_FALSE(x25519(counting(1, 32), one, shared));
}

TEST_F(Primitives, ed25519_is_that_of_rfc_8032) {
    const SigningKey first(hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    EXPECT_EQ(first.id().hex(), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    EXPECT_EQ(first.sign({}).hex(),
              "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
              "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    const SigningKey second(hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
    const Bytes message{0x72};
    const auto signature = second.sign(message);
    EXPECT_EQ(signature.hex(),
              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    EXPECT_TRUE(verify_signature(second.id(), message, signature));
    EXPECT_FALSE(verify_signature(first.id(), message, signature));
    EXPECT_FALSE(verify_signature(second.id(), Bytes{0x73}, signature));
    for (std::size_t i = 0; i < 512; ++i) {
        Signature turned = signature;
        turned.bytes[i / 8] = static_cast<std::uint8_t>(turned.bytes[i / 8] ^ (1U << (i % 8)));
        ASSERT_FALSE(verify_signature(second.id(), message, turned)) << i;
    }
}

TEST_F(Primitives, the_fingerprint_is_keyed_blake2b_as_python_computes_it) {
    const Key key = key_of(counting(0, 32));
    EXPECT_EQ(keyed_fingerprint(key, {as_bytes("abc")}).hex(), "1a64be47e4729d951c302ee543f97cf3");
    EXPECT_EQ(keyed_fingerprint(key, {}).hex(), "3daf97bce7888fd59773c66bf647459c");
    EXPECT_EQ(keyed_fingerprint(key, {counting(0, 600), counting(600 % 256, 680)}).hex(),
              "09cc62ca5a77b2e91bf8544894497695");
}

TEST_F(Primitives, comparing_tells_equal_from_unequal) {
    EXPECT_TRUE(equal_in_constant_time(as_bytes("same"), as_bytes("same")));
    EXPECT_FALSE(equal_in_constant_time(as_bytes("same"), as_bytes("sama")));
    EXPECT_FALSE(equal_in_constant_time(as_bytes("same"), as_bytes("sam")));
}

TEST_F(Primitives, a_passphrase_gives_another_key_for_each_salt_and_cost) {
    const PassphraseCost cheap{64ull << 20, 1};
    const auto one = passphrase_key("secret", Bytes(16, 1), cheap);
    EXPECT_EQ(to_hex(passphrase_key("secret", Bytes(16, 1), cheap).view()), to_hex(one.view()));
    EXPECT_NE(to_hex(passphrase_key("secret", Bytes(16, 2), cheap).view()), to_hex(one.view()));
    EXPECT_NE(to_hex(passphrase_key("Secret", Bytes(16, 1), cheap).view()), to_hex(one.view()));
    EXPECT_NE(to_hex(passphrase_key("secret", Bytes(16, 1), {64ull << 20, 2}).view()), to_hex(one.view()));
}

TEST_F(Primitives, a_key_that_was_moved_from_is_wiped) {
    Key key = key_of(counting(1, 32));
    const Key other = std::move(key);
    EXPECT_EQ(Bytes(key.view().begin(), key.view().end()), Bytes(32));  // NOLINT: that is what is asked
    EXPECT_EQ(Bytes(other.view().begin(), other.view().end()), counting(1, 32));
}

// A clock that stands still: with a generator that is stuck too, only counters are left.
class StoppedClock final : public Clock {
public:
    Timestamp now() override { return Timestamp::from_seconds(1'800'000'000); }
    std::int64_t monotonic_ns() override { return 0; }
    void sleep_ms(int) override {}
};

TEST_F(Primitives, a_hedged_seed_never_repeats_though_generator_and_clock_are_stuck) {
    test::TestKeys keys;
    StoppedClock clock;
    keys.random.stick(0);
    const Environment stuck{keys.files, clock, keys.random, 1};
    std::set<std::string> seen;
    // Also across hedges of one process, as each repository that it opens has its own.
    for (int i = 0; i < 50; ++i) {
        Hedge hedge(keys.ring.site, stuck);
        for (int j = 0; j < 50; ++j) ASSERT_TRUE(seen.insert(to_hex(hedge.seed().view())).second);
    }
}

TEST_F(Primitives, subkeys_differ_by_label_by_site_and_by_repository) {
    test::TestKeys keys;
    auto other_repository = test::copy_of(keys.ring);
    other_repository.repository.bytes[0] ^= 1;
    auto other_site = test::copy_of(keys.ring);
    other_site.site.writable()[0] ^= 1;
    std::set<std::string> seen;
    for (const auto* ring : {&keys.ring, &other_repository, &other_site})
        for (const auto* label : {"fingerprint", "table", "sealed-file"})
            EXPECT_TRUE(seen.insert(to_hex(ring->subkey(label).view())).second);
}

}  // namespace
}  // namespace coffre::crypto
