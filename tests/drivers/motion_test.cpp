// motion.
#include <gtest/gtest.h>
