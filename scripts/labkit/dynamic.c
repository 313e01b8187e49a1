// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A dynamically linked specimen: ld.so, libc and libm in its maps, threads with
 * stacks of libc's. Named no-heap it allocates nothing, so that there is none.
 */
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* dprintf() would allocate */
static void tell(const char *fmt, const char *text, int number)
{
	char line[64];
	int n = snprintf(line, sizeof(line), fmt, text, number);

	if (write(3, line, n) != n)
		_exit(1);
}

static void *sleeper(void *arg)
{
	free(malloc(1000));
	*(int *)arg = 1;
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	static volatile int up[3];
	volatile double x = argc;

	prctl(PR_SET_NAME, argv[0]);
	tell("+%s %d\n", argv[0], getpid());
	if (!strcmp(argv[0], "no-heap"))
		goto ready;
	memset(malloc(1 << 20), 1, 1 << 16);
	memset(malloc(1 << 15), 1, 1 << 15);
	for (int i = 0; i < 3; i++) {
		pthread_t t;
		pthread_create(&t, NULL, sleeper, (void *)&up[i]);
	}
	while (!up[0] || !up[1] || !up[2])
		usleep(1000);
	usleep(50000);
ready:
	tell("%s.%.0d\n", sin(x) > 2 ? "!sin\n" : "", 0);
	close(3);
	for (;;)
		pause();
}
