// For black-box tests, loaded before the C library: a machine whose clock, room or cipher is not as it is.
//   TEST_NOW            seconds since 1970 that it is when the process starts
//   TEST_CLOCK_MOVED_BY seconds that it is later than the system says, in place of TEST_NOW
//   TEST_FREE_BYTES     what every file system has left, of TEST_TOTAL_BYTES
//   TEST_BAD_CIPHER     sixteen bytes of zeros are sealed wrongly, as no configuration is

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include <dlfcn.h>
#include <sys/statvfs.h>

namespace {

template <class Fn>
Fn next(const char* name) {
    return reinterpret_cast<Fn>(dlsym(RTLD_NEXT, name));
}

const char* told(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : nullptr;
}

using ClockFn = int (*)(clockid_t, timespec*);
using SpaceFn = int (*)(const char*, struct statvfs*);
using SealFn = int (*)(void*, unsigned char*, int*, const unsigned char*, int);

time_t shift_of_clock() {
    if (const char* moved = told("TEST_CLOCK_MOVED_BY")) return std::atoll(moved);
    const char* now = told("TEST_NOW");
    if (now == nullptr) return 0;
    timespec real{};
    next<ClockFn>("clock_gettime")(CLOCK_REALTIME, &real);
    return std::atoll(now) - real.tv_sec;
}

int space(const char* name, const char* path, struct statvfs* out) {
    const int answer = next<SpaceFn>(name)(path, out);
    const char* free = told("TEST_FREE_BYTES");
    const char* total = told("TEST_TOTAL_BYTES");
    if (answer != 0 || free == nullptr || total == nullptr) return answer;
    out->f_frsize = 1;
    out->f_bavail = static_cast<fsblkcnt_t>(std::atoll(free));
    out->f_blocks = static_cast<fsblkcnt_t>(std::atoll(total));
    return answer;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t id, timespec* out) {
    static const auto real = next<ClockFn>("clock_gettime");
    static const time_t shift = shift_of_clock();
    const int answer = real(id, out);
    if (id == CLOCK_REALTIME) out->tv_sec += shift;
    return answer;
}

int statvfs(const char* path, struct statvfs* out) { return space("statvfs", path, out); }

int EVP_EncryptUpdate(void* context, unsigned char* out, int* count, const unsigned char* in, int size) {
    static const auto real = next<SealFn>("EVP_EncryptUpdate");
    const int answer = real(context, out, count, in, size);
    const bool zeros =
        in != nullptr && size == 16 && std::all_of(in, in + size, [](auto c) { return c == 0; });
    if (zeros && out != nullptr && told("TEST_BAD_CIPHER") != nullptr) out[0] ^= 1;
    return answer;
}

}  // extern "C"
