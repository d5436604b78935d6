#pragma once
// The command line as a function, so that tests can call it in process.

namespace coffre::cli {

// Parses, runs, prints, and returns the exit status of docs/cli.md. Throws nothing.
int run_main(int argc, char** argv);

}  // namespace coffre::cli
