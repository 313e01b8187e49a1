/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A little of everything that C can declare, for tests to find again in DWARF. */
#ifndef VS_TESTS_DWARF_TYPES_H
#define VS_TESTS_DWARF_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elsewhere;	/* dwarf-else.c has it */
struct nowhere;		/* nobody has it */

typedef struct {
	int counter;
} counter_t;
typedef counter_t renamed_t;
typedef unsigned long word_t;
typedef struct elsewhere *elsewhere_ptr_t;

enum colour { RED, GREEN = 5, BLUE };
enum signed_colour { MINUS = -3, ZERO = 0, PLUS = 200 };
enum large { LARGE_TOP = 0xffffffff };
enum huge { HUGE_TOP = 0x123456789abcdef0 };
enum __attribute__((packed)) small { SMALL_A, SMALL_B = 200 };

union either {
	int i;
	char bytes[4];
	struct elsewhere *p;
};

struct fields {
	unsigned int low : 3;
	unsigned int high : 29;
	uint64_t wide : 40;
	uint64_t rest : 24;
	int8_t tail : 5;
	bool flag : 1;
	unsigned char whole;
	int : 0;
	unsigned int after : 7;
};

struct __attribute__((packed)) tight {
	char c;
	uint32_t straddles : 21;
	uint32_t next : 19;
	uint64_t far;
};

struct everything {
	struct everything *next, **prev;
	const volatile int cv;
	const char *name;
	char comm[16];
	int grid[3][5];
	struct fields *table[2][3][4];
	int empty[0];
	bool yes;
	signed char sc;
	unsigned char uc;
	short s;
	long long ll;
	float f;
	double d;
	word_t word;
	counter_t count;
	renamed_t renamed;
	const counter_t const_count;
	enum colour colour;
	enum small small;
	struct elsewhere *there;
	elsewhere_ptr_t also_there;
	struct nowhere *gone;
	void *nothing;
	void (*call)(struct everything *, int);
	int (*calls[4])(void);
	union {
		struct {
			int in_a;
			int in_b;
		};
		struct {
			char deep[3];
		} named;
		long in_c;
	};
	union either either;
	struct {
		struct {
			int x, y;
		} p;
	} nested;
	struct tight tight;
	int many[];
};

#endif
