/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_flags by name: include/linux/mm.h, and the two letters of smaps. */
#ifndef VS_SPACE_VMFLAGS_H
#define VS_SPACE_VMFLAGS_H

#include <stdint.h>

#include "base/buf.h"

/** "VM_READ|VM_WRITE|bit 44"; "0" for none. */
void vs_vmflags_names(struct vs_buf *b, uint64_t flags);

/** "rd wr mr": the letters of the VmFlags line of smaps. */
void vs_vmflags_letters(struct vs_buf *b, uint64_t flags);

#endif
