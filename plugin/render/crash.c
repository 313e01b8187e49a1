// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/crash.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/number.h"
#include "base/out.h"
#include "check/crash.h"
#include "render/json.h"
#include "render/maps.h"

void vs_render_place(struct vs_buf *b, const struct vs_space *s, uint64_t addr, bool whole_path)
{
	const uint32_t i = vs_core_find(s, addr);
	const struct vs_core_vma *c;
	const struct vs_vma *v;
	const char *name, *slash;
	uint64_t from;
	size_t len;

	if (i == VS_NONE) {
		vs_buf_puts(b, "no mapping");
		return;
	}
	v = &s->vmas.v[i];
	c = &s->core->vmas.v[i];
	name = vs_vma_label(s, v, i);
	from = c->module == VS_NONE ? v->start : s->core->modules.v[c->module].base;
	if (v->file && v->fact != VS_NONE) {
		name = s->facts[v->fact].path;
		len = s->facts[v->fact].path_len;
		slash = whole_path ? NULL : memrchr(name, '/', len);
		if (slash)
			len -= (size_t)(slash + 1 - name), name = slash + 1;
		vs_buf_put_clean(b, name, len);
		if (c->module == VS_NONE) {
			vs_buf_printf(b, " at byte 0x%" PRIx64, (v->pgoff << s->page_shift) + (addr - v->start));
			return;
		}
	} else if (c->stack_of != VS_NONE && !name) {
		vs_buf_printf(b, "the stack of thread %d", s->core->threads.v[c->stack_of].tid);
		return;
	} else if (c->guard_of != VS_NONE && !name) {
		vs_buf_printf(b, "the guard under the stack of thread %d", s->core->threads.v[c->guard_of].tid);
		return;
	} else if (!name) {
		vs_buf_printf(b, "%s %08" PRIx64 "-%08" PRIx64, v->flags & (VS_VM_READ | VS_VM_WRITE | VS_VM_EXEC) ?
			      "anonymous memory" : "the PROT_NONE mapping", v->start, v->end);
		return;
	} else {
		vs_buf_puts(b, name);
	}
	vs_buf_printf(b, "+0x%" PRIx64, addr - from);
}

static void put_mapping(struct vs_buf *b, const struct vs_space *s, uint32_t i)
{
	const struct vs_vma *v = &s->vmas.v[i];
	const char *label = vs_vma_label(s, v, i);
	char perms[5];

	vs_text_perms(perms, v->flags);
	vs_buf_printf(b, "%08" PRIx64 "-%08" PRIx64 " %s", v->start, v->end, perms);
	if (label)
		vs_buf_printf(b, " %s", label);
	else if (v->file && v->fact != VS_NONE) {
		vs_buf_putc(b, ' ');
		vs_buf_put_clean(b, s->facts[v->fact].path, s->facts[v->fact].path_len);
	}
}

static void put_distances(struct vs_buf *b, const struct vs_space *s, const struct vs_crash *c)
{
	char size[VS_HUMAN_MAX];

	if (c->below != VS_NONE) {
		vs_buf_printf(b, ", %s above the end of ", vs_human(size, c->addr - s->vmas.v[c->below].end));
		put_mapping(b, s, c->below);
	}
	if (c->above != VS_NONE) {
		vs_buf_printf(b, ", %s below ", vs_human(size, s->vmas.v[c->above].start - c->addr));
		put_mapping(b, s, c->above);
	}
}

/* What is there: the middle of the paragraph. */
static void put_what(struct vs_buf *b, const struct vs_space *s, const struct vs_crash *c)
{
	switch (c->what) {
	case VS_CRASH_SMALL:
		vs_buf_puts(b, "There is no mapping: so small an address is most likely NULL plus an offset.");
		break;
	case VS_CRASH_UNMAPPED:
		vs_buf_puts(b, "There is no mapping");
		put_distances(b, s, c);
		vs_buf_putc(b, '.');
		break;
	case VS_CRASH_NO_ADDRESS:
		vs_buf_puts(b, "The address is not told, as it is where it was none at all (not canonical), or where an instruction was not allowed.");
		break;
	case VS_CRASH_STACK:
		vs_buf_printf(b, "That is 0x%" PRIx64 " bytes below the main stack, ",
			      s->vmas.v[c->above].start - c->addr);
		put_mapping(b, s, c->above);
		vs_buf_puts(b, ", and close to SP: the main stack has overflowed.");
		break;
	case VS_CRASH_GUARD:
		if (c->vma != VS_NONE) {
			vs_buf_puts(b, "That is in the guard ");
			put_mapping(b, s, c->vma);
			vs_buf_puts(b, " under the stack");
		} else {
			vs_buf_puts(b, "That is below the stack");
		}
		vs_buf_printf(b, " of thread %d, and close to SP: the thread's stack has overflowed.",
			      s->core->threads.v[c->guards].tid);
		break;
	case VS_CRASH_NO_ACCESS:
		vs_buf_puts(b, "No access is allowed there: ");
		put_mapping(b, s, c->vma);
		if (c->guards != VS_NONE)
			vs_buf_printf(b, ", the guard under the stack of thread %d", s->core->threads.v[c->guards].tid);
		vs_buf_putc(b, '.');
		break;
	case VS_CRASH_READ_ONLY:
		vs_buf_puts(b, "It cannot be written to: ");
		put_mapping(b, s, c->vma);
		vs_buf_putc(b, '.');
		break;
	case VS_CRASH_NOT_EXEC:
		vs_buf_puts(b, "PC itself is there, and it cannot be executed: ");
		put_mapping(b, s, c->vma);
		vs_buf_putc(b, '.');
		break;
	case VS_CRASH_FILE_END:
		vs_buf_puts(b, "Most likely the file ends before that byte: ");
		put_mapping(b, s, c->vma);
		vs_buf_putc(b, '.');
		break;
	case VS_CRASH_CODE:
		vs_buf_puts(b, "The instruction at PC has done it.");
		break;
	case VS_CRASH_MAPPED:
		vs_buf_puts(b, "That is mapped: ");
		put_mapping(b, s, c->vma);
		vs_buf_puts(b, "; nothing in the core tells why it failed.");
		break;
	default:
		break;
	}
}

static void put_registers(struct vs_buf *b, const struct vs_space *s, const struct vs_core_thread *t)
{
	if (!t || !t->has_regs)
		return;
	vs_buf_printf(b, " PC is 0x%" PRIx64 ", ", t->pc);
	vs_render_place(b, s, t->pc, false);
	vs_buf_printf(b, "; SP is 0x%" PRIx64 ", ", t->sp);
	vs_render_place(b, s, t->sp, false);
	vs_buf_putc(b, '.');
}

/* A signal that somebody has sent. */
static void put_sender(struct vs_buf *b, const struct vs_core *c)
{
	if (!c->has_siginfo || c->sig_code > 0)
		return;
	if (c->sig_pid == c->pid)
		vs_buf_puts(b, ", sent by itself");
	else if (c->sig_code == 0 || c->sig_code == -6 || c->sig_code == -1)
		vs_buf_printf(b, ", sent by pid %d (uid %d)", c->sig_pid, c->sig_uid);
}

static void put_all(struct vs_buf *b, const struct vs_space *s)
{
	const struct vs_core *core = s->core;
	struct vs_crash c;

	vs_crash_explain(s, &c);
	if (!c.known) {
		vs_buf_puts(b, "No signal is told");
		if (core->producer == VS_BY_GCORE)
			vs_buf_puts(b, ": GDB has written the core of a process that went on");
		vs_buf_putc(b, '.');
		put_registers(b, s, c.thread);
		return;
	}
	if (c.thread)
		vs_buf_printf(b, "Thread %d", c.thread->tid);
	else
		vs_buf_puts(b, "It");
	if (core->threads.n > 1)
		vs_buf_printf(b, " of %zu", core->threads.n);
	vs_buf_printf(b, " %s %s", core->producer == VS_BY_GCORE ? "last had" : "died of", c.signal);
	if (core->has_siginfo)
		vs_buf_printf(b, " (%s)", c.code_name);
	put_sender(b, core);
	if (c.has_addr)
		vs_buf_printf(b, " at 0x%" PRIx64, c.addr);
	vs_buf_puts(b, ". ");
	put_what(b, s, &c);
	if (c.what == VS_CRASH_NO_ADDR)
		b->len--;
	put_registers(b, s, c.thread);
}

/* Fill lines with words. */
static void fill(struct vs_buf *b, const char *text, unsigned int width)
{
	unsigned int column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (column && column + 1 + n > width) {
			vs_buf_putc(b, '\n');
			column = 0;
		}
		if (column) {
			vs_buf_putc(b, ' ');
			column++;
		}
		vs_buf_put(b, text, n);
		column += (unsigned int)n;
		text += n;
		text += strspn(text, " ");
	}
	vs_buf_putc(b, '\n');
}

void vs_render_crash(struct vs_buf *b, const struct vs_space *s, const struct vs_text_style *style)
{
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;

	put_all(&text, s);
	fill(b, vs_buf_str(&text), style->width);
}

static void put_vma(struct vs_json *j, const char *key, const struct vs_space *s, uint32_t i)
{
	const struct vs_vma *v;
	char perms[5];

	if (i == VS_NONE) {
		vs_json_null(j, key);
		return;
	}
	v = &s->vmas.v[i];
	vs_text_perms(perms, v->flags);
	vs_json_open_object(j, key);
	vs_json_hex(j, "start", v->start);
	vs_json_hex(j, "end", v->end);
	vs_json_str(j, "perms", perms);
	if (v->file && v->fact != VS_NONE)
		vs_json_bytes(j, "name", s->facts[v->fact].path, s->facts[v->fact].path_len);
	else
		vs_json_text(j, "name", vs_vma_label(s, v, i));
	vs_json_close_object(j);
}

static void put_place(struct vs_json *j, const char *key, const struct vs_space *s, uint64_t addr)
{
	const uint32_t i = vs_core_find(s, addr);
	const struct vs_core_vma *c = i == VS_NONE ? NULL : &s->core->vmas.v[i];

	vs_json_open_object(j, key);
	vs_json_hex(j, "value", addr);
	put_vma(j, "vma", s, i);
	if (c && c->module != VS_NONE)
		vs_json_hex(j, "module_offset", addr - s->core->modules.v[c->module].base);
	vs_json_close_object(j);
}

struct vs_err *vs_json_crash(struct vs_out *out, const struct vs_space *s)
{
	_cleanup_buf_ struct vs_buf text = VS_BUF_INIT;
	struct vs_json *j = vs_json_begin("crash");
	struct vs_crash c;
	const char *str;

	vs_crash_explain(s, &c);
	vs_json_str(j, "signal", c.known ? c.signal : NULL);
	if (c.known)
		vs_json_int(j, "signo", c.signo);
	vs_json_str(j, "code", c.known && s->core->has_siginfo ? c.code_name : NULL);
	if (c.has_addr)
		vs_json_hex(j, "address", c.addr);
	else
		vs_json_null(j, "address");
	vs_json_str(j, "what", vs_crash_word(c.what));
	put_vma(j, "vma", s, c.vma);
	put_vma(j, "below", s, c.below);
	put_vma(j, "above", s, c.above);
	if (c.thread)
		vs_json_int(j, "thread", c.thread->tid);
	if (c.what == VS_CRASH_GUARD)
		vs_json_int(j, "stack_of", s->core->threads.v[c.guards].tid);
	if (c.thread && c.thread->has_regs) {
		put_place(j, "pc", s, c.thread->pc);
		put_place(j, "sp", s, c.thread->sp);
	}
	put_all(&text, s);
	str = vs_buf_str(&text);
	vs_json_bytes(j, "text", str, strlen(str));
	return vs_json_end(j, out);
}
