// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/symbols.h"

#include "base/err.h"

void vs_symbols_destroy(struct vs_symbols *sy)
{
	if (sy)
		sy->ops->destroy(sy);
}

struct vs_err *vs_symbols_find(struct vs_symbols *sy, struct vs_symbol *want, size_t n)
{
	struct vs_err *err;

	for (size_t i = 0; i < n; i++)
		want[i].found = false;
	err = sy->ops->find(sy, want, n);
	for (size_t i = 0; !err && sy->used && i < n; i++)
		if (want[i].found)
			sy->used(sy->used_arg, want[i].name, want[i].value);
	return err;
}

bool vs_symbol_may_name(const char *name)
{
	return *name && *name != '$' && *name != '.';
}

struct vs_err *vs_symbols_nearest(struct vs_symbols *sy, uint64_t addr, const char **name_ret,
				  uint64_t *value_ret)
{
	struct vs_err *err = sy->ops->nearest(sy, addr, name_ret, value_ret);

	if (!err && *name_ret && sy->used)
		sy->used(sy->used_arg, *name_ret, *value_ret);
	return err;
}
