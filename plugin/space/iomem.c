// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/iomem.h"

void vs_iomem_deinit(struct vs_iomem *io)
{
	for (size_t i = 0; i < io->v.n; i++)
		free(io->v.v[i].name);
	vs_vec_deinit(&io->v);
	vs_vec_deinit(&io->breaks);
}
