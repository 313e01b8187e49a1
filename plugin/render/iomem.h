/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_RENDER_IOMEM_H
#define VS_RENDER_IOMEM_H

#include <stdbool.h>

#include "space/iomem.h"
#include "space/kmap.h"

struct vs_out;
struct vs_err;

/** /proc/iomem as a reader with CAP_SYS_ADMIN sees it; @p clean: control characters in octal. */
struct vs_err *vs_render_iomem(struct vs_out *out, const struct vs_iomem *io, bool clean);

/** One object a resource. */
struct vs_err *vs_json_iomem(struct vs_out *out, const struct vs_iomem *io);

/** One line a region, those inside others indented. */
struct vs_err *vs_render_kmap(struct vs_out *out, const struct vs_kmap *m);

struct vs_err *vs_json_kmap(struct vs_out *out, const struct vs_kmap *m);

#endif
