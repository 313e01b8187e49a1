// SPDX-License-Identifier: GPL-2.0-or-later
#include "arch/x86.h"

#include <stddef.h>

#include "base/buf.h"

void vs_x86_prot_words(uint64_t e, struct vs_buf *b)
{
	static const struct { unsigned int bit; const char *word; } bits[] = {
		{ 0, "present" }, { 1, "writable" }, { 2, "user" }, { 3, "write-through" },
		{ 4, "uncached" }, { 5, "accessed" }, { 6, "dirty" }, { 7, "huge/PAT" },
		{ 8, "global" }, { 9, "software 1" }, { 10, "software 2" }, { 11, "soft-dirty" },
	};

	// without PRESENT the GLOBAL bit means PROT_NONE
	if (!(e & PRESENT) && e & PROTNONE)
		vs_buf_puts(b, "PROT_NONE ");
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (e >> bits[i].bit & 1 && !(bits[i].bit == 8 && !(e & PRESENT)))
			vs_buf_printf(b, "%s ", bits[i].word);
	if (e >> 59 & 15)
		vs_buf_printf(b, "key %u ", (unsigned int)(e >> 59 & 15));
	vs_buf_puts(b, e >> 63 ? "no-execute" : "executable");
}

void vs_x86_table_words(uint64_t e, struct vs_buf *b)
{
	vs_buf_puts(b, "table");
	vs_buf_puts(b, e & 2 ? " writable" : " read-only");
	vs_buf_puts(b, e & 4 ? " user" : "");
	vs_buf_puts(b, e & 0x20 ? " accessed" : "");
	vs_buf_puts(b, e >> 63 ? " no-execute" : "");
}
