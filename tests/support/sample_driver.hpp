#pragma once
// The driver of the equipment of no make (tests/simulators/sample.py), not among the known ones: what the
// suite of all drivers is tested with, and what meets hostile equipments where no other driver does. It reads
// everything by every parser that there is.

#include "drivers/equipment/drivers.hpp"

namespace coffre::test {

const drivers::DriverInfo& sample_driver();

}  // namespace coffre::test
