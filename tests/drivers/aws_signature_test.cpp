// Signature Version 4 against the examples that AWS publishes: the "get-vanilla" suite of its documentation
// and the four of the S3 API reference ("Examples: Signature Calculations"). The keys are those of the
// documents.

#include "drivers/remote/aws_signature.hpp"

#include <gtest/gtest.h>

#include "drivers/remote/digest.hpp"

namespace coffre::remote {
namespace {

const std::string empty_hash = sha256({}).hex();

std::string header(const HttpRequest& request, std::string_view name) {
    for (const auto& [key, value] : request.headers)
        if (key == name) return value;
    return "";
}

std::string signature(const HttpRequest& request) {
    const auto text = header(request, "Authorization");
    return text.substr(text.find("Signature=") + 10);
}

std::string suite(const std::string& method, const std::string& url, HttpHeaders headers = {},
                  const std::string& body = "") {
    HttpRequest request;
    request.method = method;
    request.url = url;
    request.headers = std::move(headers);
    const Credentials credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "");
    sign_aws(request, sha256(as_bytes(body)).hex(), credentials, {"us-east-1", "service"},
             *parse_rfc3339("2015-08-30T12:36:00Z"));
    return signature(request);
}

HttpRequest s3(const std::string& method, const std::string& url, HttpHeaders headers = {},
               const std::string& hash = empty_hash) {
    HttpRequest request;
    request.method = method;
    request.url = url;
    request.headers = std::move(headers);
    request.headers.emplace_back("x-amz-content-sha256", hash);
    const Credentials credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "");
    sign_aws(request, hash, credentials, {"us-east-1", "s3"}, *parse_rfc3339("2013-05-24T00:00:00Z"));
    return request;
}

TEST(AwsSignature, signs_the_published_suite) {
    const std::string host = "https://example.amazonaws.com";
    EXPECT_EQ(suite("GET", host + "/"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    EXPECT_EQ(suite("POST", host + "/"), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    EXPECT_EQ(suite("GET", host + "/?Param2=value2&Param1=value1"),
              "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
    EXPECT_EQ(suite("GET", host + "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
                                  "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
              "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197");
}

TEST(AwsSignature, signs_the_examples_of_s3) {
    const std::string host = "https://examplebucket.s3.amazonaws.com";
    EXPECT_EQ(signature(s3("GET", host + "/test.txt", {{"Range", "bytes=0-9"}})),
              "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    EXPECT_EQ(signature(s3(
                  "PUT", host + "/test%24file.text",
                  {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                  sha256(as_bytes("Welcome to Amazon S3.")).hex())),
              "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    EXPECT_EQ(signature(s3("GET", host + "/?lifecycle")),
              "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    EXPECT_EQ(signature(s3("GET", host + "/?max-keys=2&prefix=J")),
              "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(AwsSignature, names_the_scope_and_the_headers_that_it_covers) {
    const auto request = s3("GET", "https://h:9000/b/k", {{"Range", "bytes=0-9"}});
    EXPECT_EQ(header(request, "X-Amz-Date"), "20130524T000000Z");
    EXPECT_EQ(header(request, "Authorization").substr(0, 142),
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
              "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,S");
}

TEST(AwsSignature, a_query_is_sorted_by_name_whatever_its_order_and_a_name_alone_gets_its_sign) {
    const std::string host = "https://example.amazonaws.com/";
    EXPECT_EQ(suite("GET", host + "?b=2&a=1&uploads"), suite("GET", host + "?uploads=&a=1&b=2"));
    EXPECT_NE(suite("GET", host + "?a=1&b=2"), suite("GET", host + "?a=2&b=1"));
    EXPECT_EQ(query_text({{"uploads", ""}}), "uploads=");
    EXPECT_EQ(query_text({{"prefix", "a/b c"}, {"list-type", "2"}}), "list-type=2&prefix=a%2Fb%20c");
    // '-' comes before '=' in ASCII: "a" still comes before "a-b".
    EXPECT_EQ(query_text({{"a-b", "1"}, {"a", "2"}}), "a=2&a-b=1");
    EXPECT_EQ(query_text({}), "");
}

TEST(AwsSignature, blanks_in_a_header_do_not_count_where_they_repeat) {
    EXPECT_EQ(suite("GET", "https://h/", {{"My-Header1", " value1"}, {"My-Header2", "a   b   c "}}),
              suite("GET", "https://h/", {{"my-header2", "a b c"}, {"my-header1", "value1"}}));
}

TEST(AwsSignature, a_session_token_goes_along_and_is_signed) {
    HttpRequest plain, with;
    plain.url = with.url = "https://h/";
    const auto now = *parse_rfc3339("2015-08-30T12:36:00Z");
    sign_aws(plain, empty_hash, Credentials("ID", "secret", ""), {"r", "s3"}, now);
    sign_aws(with, empty_hash, Credentials("ID", "secret", "token"), {"r", "s3"}, now);
    EXPECT_EQ(header(with, "X-Amz-Security-Token"), "token");
    EXPECT_NE(header(with, "Authorization").find("x-amz-security-token"), std::string::npos);
    EXPECT_EQ(header(plain, "X-Amz-Security-Token"), "");
    EXPECT_NE(signature(plain), signature(with));
}

TEST(AwsSignature, keys_are_encoded_byte_by_byte) {
    EXPECT_EQ(uri_encoded("packs/é+ ~%", true), "packs/%C3%A9%2B%20~%25");
    EXPECT_EQ(uri_encoded("a/b"), "a%2Fb");
}

TEST(Digest, base64_of_a_sum_is_read_back_and_nothing_else_is) {
    const auto sum = sha256(as_bytes("x"));
    EXPECT_EQ(sha256_of_base64(to_base64(sum.view())), sum);
    EXPECT_FALSE(sha256_of_base64(to_base64(sum.view()) + "-2"));
    EXPECT_FALSE(sha256_of_base64(""));
    EXPECT_FALSE(sha256_of_base64(std::string(44, '*')));
}

}  // namespace
}  // namespace coffre::remote
