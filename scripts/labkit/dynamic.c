// SPDX-License-Identifier: GPL-2.0-or-later
/* A dynamically linked specimen: ld.so, libc and libm in its maps, threads with stacks of libc's. */
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

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
	char *big = malloc(1 << 20);

	prctl(PR_SET_NAME, argv[0]);
	memset(big, 1, 1 << 16);
	dprintf(3, "+%s %d\n", argv[0], getpid());
	for (int i = 0; i < 3; i++) {
		pthread_t t;
		pthread_create(&t, NULL, sleeper, (void *)&up[i]);
	}
	while (!up[0] || !up[1] || !up[2])
		usleep(1000);
	usleep(50000);
	dprintf(3, "%s.\n", sin(x) > 2 ? "!sin\n" : "");
	close(3);
	for (;;)
		pause();
}
