#include "drivers/remote/s3_xml.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <pugixml.hpp>

namespace coffre::remote {

namespace {

// The document whose root is `name`; empty when the bytes are none. A namespace is not looked at.
class Document {
public:
    Document(ByteView body, const char* name) {
        if (body.empty() || !document_.load_buffer(body.data(), body.size())) return;
        const auto root = document_.document_element();
        if (std::strcmp(root.name(), name) == 0) root_ = root;
    }
    explicit operator bool() const { return static_cast<bool>(root_); }
    [[nodiscard]] pugi::xml_node root() const { return root_; }
    [[nodiscard]] std::string text(const char* name) const { return root_.child_value(name); }
    [[nodiscard]] bool has(const char* name) const { return static_cast<bool>(root_.child(name)); }

private:
    pugi::xml_document document_;
    pugi::xml_node root_;
};

std::optional<bool> parse_truth(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

S3Failure parse_failure(ByteView body) {
    const Document document(body, "Error");
    if (!document) return {};
    return {document.text("Code"), document.text("Region"), document.text("Endpoint")};
}

std::optional<S3Listing> parse_listing(ByteView body) {
    const Document document(body, "ListBucketResult");
    if (!document) return std::nullopt;
    S3Listing listing;
    listing.prefix = document.text("Prefix");
    std::size_t folded = 0;
    for (const auto& child : document.root().children()) {
        if (std::strcmp(child.name(), "CommonPrefixes") == 0) ++folded;
        if (std::strcmp(child.name(), "Contents") != 0) continue;
        const auto size = parse_number(child.child_value("Size"));
        std::string key = child.child_value("Key");
        if (!size || key.empty()) return std::nullopt;
        listing.objects.push_back({std::move(key), *size});
    }
    listing.announced = listing.objects.size() + folded;
    if (document.has("KeyCount")) {
        const auto count = parse_number(document.text("KeyCount"));
        if (!count) return std::nullopt;
        listing.announced = static_cast<std::size_t>(*count) - std::min<std::size_t>(folded, *count);
    }
    const auto truncated = parse_truth(document.text("IsTruncated"));
    if (!truncated) return std::nullopt;
    listing.truncated = *truncated;
    listing.next = document.text("NextContinuationToken");
    return listing;
}

std::optional<S3Versions> parse_versions(ByteView body) {
    const Document document(body, "ListVersionsResult");
    if (!document) return std::nullopt;
    S3Versions out;
    for (const auto& child : document.root().children()) {
        const bool version = std::strcmp(child.name(), "Version") == 0;
        const bool marker = std::strcmp(child.name(), "DeleteMarker") == 0;
        if (!version && !marker) continue;
        const auto latest = parse_truth(child.child_value("IsLatest"));
        std::string key = child.child_value("Key");
        if (!latest || key.empty()) return std::nullopt;
        out.versions.push_back({std::move(key), child.child_value("VersionId"), *latest, marker});
    }
    const auto truncated = parse_truth(document.text("IsTruncated"));
    if (!truncated) return std::nullopt;
    out.truncated = *truncated;
    out.next_key = document.text("NextKeyMarker");
    out.next_version = document.text("NextVersionIdMarker");
    return out;
}

std::optional<std::string> parse_upload_id(ByteView body) {
    const Document document(body, "InitiateMultipartUploadResult");
    auto id = document.text("UploadId");
    if (!document || id.empty()) return std::nullopt;
    return id;
}

std::optional<std::string> parse_completed(ByteView body) {
    const Document document(body, "CompleteMultipartUploadResult");
    auto tag = document.text("ETag");
    if (!document) return std::nullopt;
    return tag;
}

std::optional<std::string> parse_bucket_location(ByteView body) {
    const Document document(body, "LocationConstraint");
    if (!document) return std::nullopt;
    return document.root().child_value();
}

std::optional<std::string> parse_versioning(ByteView body) {
    const Document document(body, "VersioningConfiguration");
    if (!document) return std::nullopt;
    return document.text("Status");
}

std::optional<bool> parse_object_lock(ByteView body) {
    const Document document(body, "ObjectLockConfiguration");
    if (!document) return std::nullopt;
    return document.text("ObjectLockEnabled") == "Enabled";
}

std::optional<S3Retention> parse_retention(ByteView body) {
    Document document(body, "Retention");
    const Document other(body, "ObjectLockRetention");
    const Document& found = document ? document : other;
    const auto until = parse_rfc3339(found.text("RetainUntilDate"));
    auto mode = found.text("Mode");
    if (!found || !until || mode.empty()) return std::nullopt;
    return S3Retention{std::move(mode), *until};
}

}  // namespace coffre::remote
