# SPDX-License-Identifier: GPL-2.0-or-later
#
# The engine is one convenience library which both faces link. A folder is one
# list; a new file is one word in it.

noinst_LTLIBRARIES += libvmascope.la
libvmascope_la_SOURCES =
libvmascope_la_LIBADD = $(LIBDW_LIBS) $(LIBELF_LIBS) $(LIBBPF_LIBS) $(YAJL_LIBS)

libvmascope_la_SOURCES += \
	%D%/base/buf.c \
	%D%/base/buf.h \
	%D%/base/bytes.h \
	%D%/base/cleanup.h \
	%D%/base/err.c \
	%D%/base/err.h \
	%D%/base/file.c \
	%D%/base/file.h \
	%D%/base/from.c \
	%D%/base/from.h \
	%D%/base/map.c \
	%D%/base/map.h \
	%D%/base/number.h \
	%D%/base/out.c \
	%D%/base/out.h \
	%D%/base/utf8.c \
	%D%/base/utf8.h \
	%D%/base/vec.c \
	%D%/base/vec.h
libvmascope_la_SOURCES += \
	%D%/image/elf.c \
	%D%/image/elf_write.c \
	%D%/image/elf_write.h \
	%D%/image/flattened.c \
	%D%/image/image.c \
	%D%/image/image.h \
	%D%/image/kcore.c \
	%D%/image/kdump.c \
	%D%/image/kdump_file.c \
	%D%/image/kdump_file.h \
	%D%/image/kdumpfile.c \
	%D%/image/notes.c \
	%D%/image/packed.c \
	%D%/image/probe.h \
	%D%/image/search.c \
	%D%/image/search.h \
	%D%/image/temp.c \
	%D%/image/unpack.c \
	%D%/image/unpack.h
libvmascope_la_SOURCES += \
	%D%/arch/arch.c \
	%D%/arch/arch.h \
	%D%/arch/arm64.c \
	%D%/arch/i386.c \
	%D%/arch/ppc64.c \
	%D%/arch/riscv64.c \
	%D%/arch/s390x.c \
	%D%/arch/x86.c \
	%D%/arch/x86.h \
	%D%/arch/x86_64.c
libvmascope_la_SOURCES += \
	%D%/kernel/alone.c \
	%D%/kernel/btf.c \
	%D%/kernel/btf.h \
	%D%/kernel/btf_dwarf.c \
	%D%/kernel/byte_order.c \
	%D%/kernel/cpus.c \
	%D%/kernel/cpus.h \
	%D%/kernel/debuginfod.c \
	%D%/kernel/debuginfod.h \
	%D%/kernel/discover.c \
	%D%/kernel/dwarf.c \
	%D%/kernel/elf_sections.c \
	%D%/kernel/elf_sections.h \
	%D%/kernel/guess.c \
	%D%/kernel/guess.h \
	%D%/kernel/kallsyms.c \
	%D%/kernel/kallsyms.h \
	%D%/kernel/kallsyms_find.c \
	%D%/kernel/kernel.c \
	%D%/kernel/kernel.h \
	%D%/kernel/kmem.c \
	%D%/kernel/kmem.h \
	%D%/kernel/layout.c \
	%D%/kernel/layout.h \
	%D%/kernel/open.h \
	%D%/kernel/own_vmlinux.c \
	%D%/kernel/place.c \
	%D%/kernel/place.h \
	%D%/kernel/place_arm64.c \
	%D%/kernel/place_i386.c \
	%D%/kernel/place_ppc64.c \
	%D%/kernel/place_riscv64.c \
	%D%/kernel/place_s390x.c \
	%D%/kernel/place_x86_64.c \
	%D%/kernel/reduce.c \
	%D%/kernel/regs.c \
	%D%/kernel/regs.h \
	%D%/kernel/sources.c \
	%D%/kernel/symbols.c \
	%D%/kernel/symbols.h \
	%D%/kernel/symtab.c \
	%D%/kernel/sysmap.c \
	%D%/kernel/types.c \
	%D%/kernel/types.h \
	%D%/kernel/vmcoreinfo.c \
	%D%/kernel/vmcoreinfo.h \
	%D%/kernel/vmlinux.c \
	%D%/kernel/vmlinux.h
libvmascope_la_SOURCES += \
	%D%/space/core.c \
	%D%/space/core.h \
	%D%/space/exhibit.c \
	%D%/space/exhibit.h \
	%D%/space/iomem.c \
	%D%/space/iomem.h \
	%D%/space/kmap.c \
	%D%/space/kmap.h \
	%D%/space/lock.h \
	%D%/space/maple.c \
	%D%/space/maple.h \
	%D%/space/moment.c \
	%D%/space/moment.h \
	%D%/space/objects.h \
	%D%/space/order.c \
	%D%/space/rebuilt.c \
	%D%/space/rebuilt.h \
	%D%/space/record.c \
	%D%/space/record.h \
	%D%/space/space.c \
	%D%/space/space.h \
	%D%/space/spot.c \
	%D%/space/spot.h \
	%D%/space/tasks.c \
	%D%/space/tasks.h \
	%D%/space/vmflags.c \
	%D%/space/vmflags.h
libvmascope_la_SOURCES += \
	%D%/mm/apart.c \
	%D%/mm/exhibit.c \
	%D%/mm/exhibit.h \
	%D%/mm/files.c \
	%D%/mm/flip.c \
	%D%/mm/flip.h \
	%D%/mm/iomem.c \
	%D%/mm/iomem.h \
	%D%/mm/itree.c \
	%D%/mm/itree.h \
	%D%/mm/kmap.c \
	%D%/mm/kmap.h \
	%D%/mm/kmap_arm64.c \
	%D%/mm/kmap_i386.c \
	%D%/mm/kmap_ppc64.c \
	%D%/mm/kmap_riscv64.c \
	%D%/mm/kmap_s390x.c \
	%D%/mm/kmap_x86_64.c \
	%D%/mm/lock.c \
	%D%/mm/maple.c \
	%D%/mm/mm.c \
	%D%/mm/mm.h \
	%D%/mm/moment.c \
	%D%/mm/objects.c \
	%D%/mm/path.c \
	%D%/mm/pgwalk.c \
	%D%/mm/pids.c \
	%D%/mm/pids.h \
	%D%/mm/rebuild.c \
	%D%/mm/rebuild.h \
	%D%/mm/record.c \
	%D%/mm/record.h \
	%D%/mm/rss.c \
	%D%/mm/scan.c \
	%D%/mm/slab.c \
	%D%/mm/slab.h \
	%D%/mm/slot.c \
	%D%/mm/slot.h \
	%D%/mm/spot.h \
	%D%/mm/task.c \
	%D%/mm/task_mm.c \
	%D%/mm/vma.c \
	%D%/mm/walk.c
libvmascope_la_SOURCES += \
	%D%/usercore/fill.c \
	%D%/usercore/infer.c \
	%D%/usercore/label.c \
	%D%/usercore/links.c \
	%D%/usercore/modules.c \
	%D%/usercore/names.c \
	%D%/usercore/notes.c \
	%D%/usercore/producer.c \
	%D%/usercore/usercore.c \
	%D%/usercore/usercore.h
libvmascope_la_SOURCES += \
	%D%/check/blame.c \
	%D%/check/blame_color.c \
	%D%/check/blame_tree.c \
	%D%/check/cause.c \
	%D%/check/cause.h \
	%D%/check/cause_bytes.c \
	%D%/check/check.c \
	%D%/check/check.h \
	%D%/check/crash.c \
	%D%/check/crash.h \
	%D%/check/ctx.h \
	%D%/check/formula.h \
	%D%/check/itree.c \
	%D%/check/itree.h \
	%D%/check/maple.h \
	%D%/check/maple_belief.c \
	%D%/check/maple_bounds.c \
	%D%/check/maple_shape.c \
	%D%/check/quick.c \
	%D%/check/quick.h \
	%D%/check/quick_maple.c \
	%D%/check/rules_core.c \
	%D%/check/rules_count.c \
	%D%/check/rules_layout.c \
	%D%/check/rules_list.c \
	%D%/check/rules_lock.c \
	%D%/check/rules_maple.c \
	%D%/check/rules_objects.c \
	%D%/check/rules_prot.c \
	%D%/check/rules_rb.c \
	%D%/check/rules_users.c \
	%D%/check/rules_vma.c \
	%D%/check/shape.c \
	%D%/check/shape.h \
	%D%/check/table.c \
	%D%/check/tasks.c \
	%D%/check/torn.c \
	%D%/check/torn.h \
	%D%/check/unseen.c \
	%D%/check/unseen.h
libvmascope_la_SOURCES += \
	%D%/render/core.c \
	%D%/render/core.h \
	%D%/render/crash.c \
	%D%/render/crash.h \
	%D%/render/find.c \
	%D%/render/find.h \
	%D%/render/iomem.c \
	%D%/render/iomem.h \
	%D%/render/json.c \
	%D%/render/json.h \
	%D%/render/json_find.c \
	%D%/render/json_layout.c \
	%D%/render/json_maps.c \
	%D%/render/json_report.c \
	%D%/render/json_tree.c \
	%D%/render/layout.c \
	%D%/render/layout.h \
	%D%/render/maps.c \
	%D%/render/maps.h \
	%D%/render/picture.c \
	%D%/render/picture.h \
	%D%/render/ps.c \
	%D%/render/ps.h \
	%D%/render/rebuild.c \
	%D%/render/rebuild.h \
	%D%/render/record.c \
	%D%/render/record.h \
	%D%/render/report.c \
	%D%/render/report.h \
	%D%/render/text.c \
	%D%/render/text.h \
	%D%/render/tree.c \
	%D%/render/tree.h \
	%D%/render/tree_lines.c
libvmascope_la_SOURCES += \
	%D%/triage/baseline.c \
	%D%/triage/files.c \
	%D%/triage/files.h \
	%D%/triage/group.c \
	%D%/triage/group.h \
	%D%/triage/junit.c \
	%D%/triage/read.c \
	%D%/triage/record.c \
	%D%/triage/record.h \
	%D%/triage/run.c \
	%D%/triage/run.h \
	%D%/triage/sqlite.c \
	%D%/triage/store.c \
	%D%/triage/store.h \
	%D%/triage/summary.c
libvmascope_la_SOURCES += \
	%D%/cmd/args.c \
	%D%/cmd/bash.c \
	%D%/cmd/causes.c \
	%D%/cmd/causes.h \
	%D%/cmd/check.c \
	%D%/cmd/check.h \
	%D%/cmd/check_tasks.c \
	%D%/cmd/close.c \
	%D%/cmd/cmd.c \
	%D%/cmd/cmd.h \
	%D%/cmd/cmds.h \
	%D%/cmd/core.c \
	%D%/cmd/core.h \
	%D%/cmd/core_info.c \
	%D%/cmd/extract.c \
	%D%/cmd/find.c \
	%D%/cmd/help.c \
	%D%/cmd/help.h \
	%D%/cmd/info.c \
	%D%/cmd/iomem.c \
	%D%/cmd/layout.c \
	%D%/cmd/man.c \
	%D%/cmd/maps.c \
	%D%/cmd/mm.c \
	%D%/cmd/nearest.c \
	%D%/cmd/nearest.h \
	%D%/cmd/open.c \
	%D%/cmd/ps.c \
	%D%/cmd/rebuild.c \
	%D%/cmd/select.c \
	%D%/cmd/session.c \
	%D%/cmd/session.h \
	%D%/cmd/sound.c \
	%D%/cmd/sound.h \
	%D%/cmd/table.c \
	%D%/cmd/task.c \
	%D%/cmd/tell.c \
	%D%/cmd/tree.c \
	%D%/cmd/triage.c \
	%D%/cmd/triage.h \
	%D%/cmd/triage_check.c \
	%D%/cmd/value.c

# A directory of dumps: records, files, processes, summaries. Below cmd/, above render/ and check/.

bin_PROGRAMS += vmascope
vmascope_SOURCES = %D%/cli/main.c
vmascope_LDADD = libvmascope.la

# The loader stands beside the extension, installed or not.
loaderdir = $(pkglibdir)

.PHONY: install-pythondir uninstall-pythondir install-gdbinit uninstall-gdbinit
if WITH_EXTENSION
pkglib_LTLIBRARIES += %D%/gdb/vmascope.la
nodist_loader_DATA = %D%/gdb/vmascope.py
%C%_gdb_vmascope_la_SOURCES = \
	%D%/gdb/command.c %D%/gdb/complete.c %D%/gdb/gdb.h %D%/gdb/inferior.c %D%/gdb/module.c \
	%D%/gdb/live.c %D%/gdb/live.h %D%/gdb/live_place.c %D%/gdb/packet.c %D%/gdb/slot.c \
	%D%/gdb/rsp.c %D%/gdb/rsp.h %D%/gdb/rsp_threads.c %D%/gdb/serve.c %D%/gdb/serve.h \
	%D%/gdb/printers.c %D%/gdb/settings.c %D%/gdb/value.c \
	%D%/gdb/target.c %D%/gdb/target.h %D%/gdb/out.c %D%/gdb/text.c
%C%_gdb_vmascope_la_CPPFLAGS = $(AM_CPPFLAGS) $(GDB_PYTHON_CPPFLAGS)
# Only the entry is exported: GDB has symbols of its own (xmalloc) that would
# silently take the place of ours. libpython is GDB's, so it is not linked.
%C%_gdb_vmascope_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -shrext .abi3.so \
	-export-symbols-regex '^PyInit_'
%C%_gdb_vmascope_la_LIBADD = libvmascope.la

# GDB with the extension and, if one is named, a dump.
bin_SCRIPTS += %D%/gdb/vmascope-gdb
CLEANFILES += %D%/gdb/vmascope-gdb
EXTRA_DIST += %D%/gdb/vmascope-gdb.in
%D%/gdb/vmascope-gdb: %D%/gdb/vmascope-gdb.in Makefile
	$(AM_V_GEN)$(MKDIR_P) %D%/gdb && sed 's|@''pkglibdir@|$(pkglibdir)|g' $(srcdir)/%D%/gdb/vmascope-gdb.in >$@.tmp && \
		chmod +x $@.tmp && mv -f $@.tmp $@

# Nobody links to the extension, so nobody needs libtool's description of it.
install-exec-hook: install-pythondir
	rm -f $(DESTDIR)$(pkglibdir)/vmascope.la
uninstall-hook: uninstall-pythondir
	rm -f $(DESTDIR)$(pkglibdir)/vmascope.abi3.so

if WITH_GDB_PYTHONDIR
install-pythondir:
	$(MKDIR_P) "$(DESTDIR)$(GDB_PYTHONDIR)"
	ln -sf "$(pkglibdir)/vmascope.abi3.so" "$(DESTDIR)$(GDB_PYTHONDIR)/vmascope.abi3.so"
uninstall-pythondir:
	rm -f "$(DESTDIR)$(GDB_PYTHONDIR)/vmascope.abi3.so"
else
install-pythondir:
uninstall-pythondir:
endif

# For who wants it in each GDB that is started on this machine (but those with -nx).
install-gdbinit:
	$(MKDIR_P) "$(DESTDIR)$(GDB_INITDIR)"
	echo "source $(pkglibdir)/vmascope.py" >"$(DESTDIR)$(GDB_INITDIR)/vmascope.gdb"
uninstall-gdbinit:
	rm -f "$(DESTDIR)$(GDB_INITDIR)/vmascope.gdb"
endif
