#pragma once
// What texts of equipments may cost once they are parsed: counted before it is built.

#include <cstddef>

#include "drivers/model/formats.hpp"

namespace coffre::model {

// Bytes and values together, of one text. A value costs some hundred bytes of memory.
class Cost {
public:
    explicit Cost(const char* format, std::size_t bytes_max = 2 * text_size_max)
        : format_(format), bytes_max_(bytes_max) {}

    void bytes(std::size_t count) {
        if (count > bytes_max_ - bytes_) fail();
        bytes_ += count;
    }
    void value(std::size_t count = 1) {
        if (count > values_max - values_) fail();
        values_ += count;
    }
    [[noreturn]] void fail() const { throw Malformed{format_}; }

private:
    const char* format_;
    std::size_t bytes_max_;
    std::size_t bytes_ = 0, values_ = 0;
};

}  // namespace coffre::model
