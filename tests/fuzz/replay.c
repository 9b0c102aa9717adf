/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Gives each file of a folder to a fuzz target, once, with any compiler: the
 * corpus as a test.  A target's own check aborts.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define INPUT_MAX (1 << 20)

static int
feed(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *whole = malloc(INPUT_MAX);
	uint8_t *exact = NULL;
	size_t n = 0;
	int ok = file != NULL && whole != NULL;

	if (ok) {
		n = fread(whole, 1, INPUT_MAX, file);
		/* Of its exact size, so that a read past the end shows. */
		exact = malloc(n > 0 ? n : 1);
		ok = exact != NULL && !ferror(file);
	}
	if (ok) {
		memcpy(exact, whole, n);
		printf("%s: %zu bytes\n", path, n);
		fflush(stdout);
		LLVMFuzzerTestOneInput(exact, n);
	} else {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	}
	free(exact);
	free(whole);
	if (file != NULL)
		fclose(file);
	return ok;
}

int
main(int argc, char **argv)
{
	const struct dirent *entry;
	DIR *dir;
	char path[4096];
	int count = 0;

	if (argc != 2 || (dir = opendir(argv[1])) == NULL) {
		fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
		if (!feed(path))
			return 1;
		count++;
	}
	closedir(dir);
	printf("%d inputs\n", count);
	return count > 0 ? 0 : 1;
}
