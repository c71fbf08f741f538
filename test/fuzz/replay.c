/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands in for libFuzzer: gives the target every file of the corpus directories named, in order of
 * name. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUTS_MIN 50

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int is_input(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* A block of exactly the size of the file, so that a sanitizer sees the first byte beyond. */
static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0) {
		perror(path);
		return -1;
	}
	rewind(f);
	data = malloc(size ? (size_t)size : 1);
	if (!data || fread(data, 1, (size_t)size, f) != (size_t)size) {
		perror(path);
		free(data);
		fclose(f);
		return -1;
	}
	fclose(f);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	return 0;
}

static int replay_dir(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_input, alphasort), bad = 0;

	if (n < 0) {
		perror(dir);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		bad |= replay_file(path);
		free(names[i]);
	}
	free(names);
	printf("%s: %d inputs\n", dir, n);
	if (n < INPUTS_MIN)
		fprintf(stderr, "%s: a corpus has at least %d inputs\n", dir, INPUTS_MIN);
	return n >= INPUTS_MIN ? bad : -1;
}

int main(int argc, char **argv)
{
	int bad = argc < 2;

	for (int i = 1; i < argc; i++)
		bad |= replay_dir(argv[i]);
	return bad ? 1 : 0;
}
