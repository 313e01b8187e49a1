// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A 32-bit process on a 64-bit kernel. No libc: the host need not have one
 * for i386, so this makes its system calls itself.
 */
static long call(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return ret;
}

static volatile char data[20000] = { 1 };

static char *number(char *p, unsigned n)
{
	char digits[12];
	int i = 0;

	do
		digits[i++] = '0' + n % 10;
	while (n /= 10);
	while (i)
		*p++ = digits[--i];
	return p;
}

void _start(void)
{
	static const char name[] = "+compat ";
	char line[32], *p = line;
	/* mmap's arguments in memory, as the oldest system call of that name wants them */
	long map[6] = { 0, 5 * 4096, 3, 0x22, -1, 0 };

	call(172, 15, (long)"compat", 0);		/* prctl(PR_SET_NAME) */
	*(char *)call(90, (long)map, 0, 0) = 1;
	data[8192] = 1;
	call(45, call(45, 0, 0, 0) + 100000, 0, 0);	/* brk */
	for (const char *s = name; *s; s++)
		*p++ = *s;
	p = number(p, call(20, 0, 0, 0));		/* getpid */
	*p++ = '\n';
	*p++ = '.';
	*p++ = '\n';
	call(4, 3, (long)line, p - line);
	call(6, 3, 0, 0);
	for (;;)
		call(29, 0, 0, 0);			/* pause */
}
