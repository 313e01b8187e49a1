// SPDX-License-Identifier: GPL-2.0-or-later
/* Another unit, with a structure that the first one only declares. */
#include "dwarf-types.h"

struct elsewhere {
	long first;
	char second[7];
	enum signed_colour third;
};

extern struct elsewhere vs_test_elsewhere;
extern size_t vs_test_elsewhere_size, vs_test_elsewhere_third;

struct elsewhere vs_test_elsewhere = { .third = MINUS };
size_t vs_test_elsewhere_size = sizeof(struct elsewhere);
size_t vs_test_elsewhere_third = offsetof(struct elsewhere, third);
