// SPDX-License-Identifier: GPL-2.0-only
#include <clocale>
#include <cstring>
#include <iostream>

#include <langinfo.h>
#include <unistd.h>

#include "cli.hpp"

int main(int argc, char** argv) {
    std::setlocale(LC_CTYPE, "");
    std::vector<std::string_view> words(argv + 1, argv + argc);
    chimney::cli::Environment environment{std::cout, std::cerr};
    environment.terminal = isatty(STDOUT_FILENO) == 1;
    environment.err_terminal = isatty(STDERR_FILENO) == 1;
    environment.utf8 = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    return chimney::cli::run(words, std::move(environment));
}
