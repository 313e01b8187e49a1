/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands, each defined in the file of its name. */
#ifndef VS_CMD_CMDS_H
#define VS_CMD_CMDS_H

#include "cmd/cmd.h"

extern const struct vs_cmd vs_cmd_open, vs_cmd_close, vs_cmd_task;
extern const struct vs_cmd vs_cmd_info, vs_cmd_ps, vs_cmd_maps, vs_cmd_mm, vs_cmd_show;
extern const struct vs_cmd vs_cmd_iomem;
extern const struct vs_cmd vs_cmd_check, vs_cmd_rebuild, vs_cmd_extract;
extern const struct vs_cmd vs_cmd_find_addr, vs_cmd_layout, vs_cmd_tree, vs_cmd_triage;

#endif
