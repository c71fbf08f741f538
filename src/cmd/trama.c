/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: see cli/. */
#include "cmd/cli/cli.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
