#include "cli/main.hpp"

int main(int argc, char** argv) { return coffre::cli::run_main(argc, argv); }
