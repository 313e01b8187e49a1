# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every test prints TAP. A unit test is one C file that links the engine, a
# script is a .sh that sources tap.sh.

EXTRA_DIST += %D%/unit/tap.h %D%/tap.sh

check_PROGRAMS += %D%/unit/args
%C%_unit_args_SOURCES = %D%/unit/args.c
check_PROGRAMS += %D%/unit/btf %D%/unit/bytes
%C%_unit_btf_SOURCES = %D%/unit/btf.c
%C%_unit_bytes_SOURCES = %D%/unit/bytes.c
check_PROGRAMS += %D%/unit/pgtable %D%/unit/pgtable_le
%C%_unit_pgtable_SOURCES = %D%/unit/pgtable.c
check_PROGRAMS += %D%/unit/pgtable_be
%C%_unit_pgtable_be_SOURCES = %D%/unit/pgtable_be.c
%C%_unit_pgtable_le_SOURCES = %D%/unit/pgtable_le.c
check_PROGRAMS += %D%/unit/image %D%/unit/kdump
%C%_unit_kdump_SOURCES = %D%/unit/kdump.c
%C%_unit_image_SOURCES = %D%/unit/image.c
# Over a kernel made up: fake.c.
check_PROGRAMS += %D%/unit/from %D%/unit/guess %D%/unit/iomem %D%/unit/place %D%/unit/place_be %D%/unit/place_le \
	%D%/unit/rss
%C%_unit_from_SOURCES = %D%/unit/from.c %D%/unit/fake.c %D%/unit/fake.h
%C%_unit_guess_SOURCES = %D%/unit/guess.c %D%/unit/fake.c %D%/unit/fake.h
%C%_unit_iomem_SOURCES = %D%/unit/iomem.c %D%/unit/fake.c %D%/unit/fake.h
%C%_unit_place_SOURCES = %D%/unit/place.c %D%/unit/fake.c %D%/unit/fake.h
%C%_unit_place_be_SOURCES = %D%/unit/place_be.c %D%/unit/fake.c %D%/unit/fake.h
%C%_unit_place_le_SOURCES = %D%/unit/place_le.c %D%/unit/fake.c %D%/unit/fake.h
%C%_unit_rss_SOURCES = %D%/unit/rss.c %D%/unit/fake.c %D%/unit/fake.h
# The remote protocol is the extension's, but knows no Python.
check_PROGRAMS += %D%/unit/rsp
%C%_unit_rsp_SOURCES = %D%/unit/rsp.c %D%/unit/fake.c %D%/unit/fake.h plugin/gdb/rsp.c plugin/gdb/rsp.h \
	plugin/gdb/rsp_threads.c
dist_check_SCRIPTS += %D%/gdb/many.sh
check_PROGRAMS += %D%/unit/moment %D%/unit/pids %D%/unit/spot
%C%_unit_moment_SOURCES = %D%/unit/moment.c %D%/unit/fake.c %D%/unit/fake.h
%C%_unit_pids_SOURCES = %D%/unit/pids.c %D%/unit/fake.c %D%/unit/fake.h
check_PROGRAMS += %D%/unit/kallsyms
%C%_unit_kallsyms_SOURCES = %D%/unit/kallsyms.c %D%/unit/fake.c %D%/unit/fake.h
%C%_unit_spot_SOURCES = %D%/unit/spot.c %D%/unit/fake.c %D%/unit/fake.h
check_PROGRAMS += %D%/unit/check %D%/unit/report %D%/unit/space
%C%_unit_check_SOURCES = %D%/unit/check.c %D%/unit/synth.c %D%/unit/synth.h
%C%_unit_report_SOURCES = %D%/unit/report.c %D%/unit/synth.c %D%/unit/synth.h
%C%_unit_space_SOURCES = %D%/unit/space.c %D%/unit/synth.c %D%/unit/synth.h
check_PROGRAMS += %D%/unit/torn
%C%_unit_torn_SOURCES = %D%/unit/torn.c %D%/unit/synth.c %D%/unit/synth.h
check_PROGRAMS += %D%/unit/rebuilt
%C%_unit_rebuilt_SOURCES = %D%/unit/rebuilt.c
check_PROGRAMS += %D%/unit/cause
%C%_unit_cause_SOURCES = %D%/unit/cause.c %D%/unit/synth.c %D%/unit/synth.h
check_PROGRAMS += %D%/unit/find %D%/unit/layout %D%/unit/tree
%C%_unit_find_SOURCES = %D%/unit/find.c %D%/unit/sink.h %D%/unit/synth.c %D%/unit/synth.h
%C%_unit_layout_SOURCES = %D%/unit/layout.c %D%/unit/sink.h %D%/unit/synth.c %D%/unit/synth.h
%C%_unit_tree_SOURCES = %D%/unit/tree.c %D%/unit/sink.h %D%/unit/synth.c %D%/unit/synth.h

damage_sources = %D%/damage/options.h %D%/damage/damage.h %D%/damage/fields.c %D%/damage/invent.c %D%/damage/score.c \
	%D%/damage/score.h %D%/damage/table.c %D%/damage/told.c
check_PROGRAMS += %D%/unit/maple
%C%_unit_maple_SOURCES = %D%/unit/maple.c %D%/unit/maple_made.c %D%/unit/maple_made.h %D%/unit/fake.c \
	%D%/unit/fake.h $(damage_sources)

# The same in both versions of DWARF: bit fields are told in two ways.
check_PROGRAMS += %D%/unit/dwarf4 %D%/unit/dwarf5 %D%/unit/dwarf-broken
%C%_unit_dwarf4_SOURCES = %D%/unit/dwarf.c %D%/unit/dwarf-else.c %D%/unit/dwarf-types.h
%C%_unit_dwarf4_CFLAGS = $(AM_CFLAGS) -g -gdwarf-4
%C%_unit_dwarf5_SOURCES = $(%C%_unit_dwarf4_SOURCES)
%C%_unit_dwarf5_CFLAGS = $(AM_CFLAGS) -g -gdwarf-5
%C%_unit_dwarf_broken_SOURCES = %D%/unit/dwarf-broken.c %D%/unit/dwarf-else.c %D%/unit/dwarf-types.h
%C%_unit_dwarf_broken_CFLAGS = $(AM_CFLAGS) -g -gdwarf-5
dist_check_SCRIPTS += %D%/unit/dwarf-files.sh
# By hand, and by tests/real/dwarf: it wants a vmlinux with .BTF and DWARF.
check_PROGRAMS += %D%/unit/layout-sources
%C%_unit_layout_sources_SOURCES = %D%/unit/layout-sources.c

dist_check_SCRIPTS += %D%/cli/usage.sh %D%/cli/badfile.sh %D%/cli/debuginfod.sh %D%/cli/streams.sh
dist_check_SCRIPTS += %D%/gdb/load.sh %D%/gdb/complete.sh %D%/gdb/person.sh

# Real dumps: those in corpus/, and by scripts/test or by hand those of scripts/lab.
# They are unpacked once, before the tests, which may run at the same time.
dist_check_SCRIPTS += %D%/real/alone.sh %D%/real/own-vmlinux.sh %D%/real/corpus.sh %D%/real/broken.sh %D%/real/cut.sh %D%/real/rebuild.sh %D%/gdb/dump.sh
dist_check_SCRIPTS += %D%/gdb/alone.sh %D%/gdb/target.sh %D%/gdb/values.sh %D%/gdb/install.sh
EXTRA_DIST += %D%/real/gdb %D%/real/session
dist_check_SCRIPTS += %D%/real/pictures.sh %D%/real/unnoted.sh %D%/real/battered.sh
check_PROGRAMS += %D%/real/btf-broken
%C%_real_btf_broken_SOURCES = %D%/real/btf-broken.c
%C%_real_btf_broken_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
EXTRA_DIST += %D%/real/pictures
if WITH_ADDRXLAT
check_PROGRAMS += %D%/real/xlat
%C%_real_xlat_SOURCES = %D%/real/xlat.c
%C%_real_xlat_CFLAGS = $(AM_CFLAGS) $(ADDRXLAT_CFLAGS)
%C%_real_xlat_LDADD = libvmascope.la $(ADDRXLAT_LIBS)
else
EXTRA_DIST += %D%/real/xlat.c
endif
EXTRA_DIST += %D%/real/containers %D%/real/strip %D%/real/unnoted %D%/real/battered %D%/real/pack.py %D%/real/kcore %D%/real/kcore.c %D%/real/torn %D%/real/dwarf %D%/real/compare %D%/real/damage %D%/real/objects %D%/real/poke %D%/real/wreck
EXTRA_DIST += %D%/real/live
# One program built for two machines; by scripts/test --full.
EXTRA_DIST += %D%/real/same
# CASES=... takes some of them: all is what the first build does.
check_DATA = unpacked
.PHONY: unpacked
unpacked:
	$(AM_V_GEN)$(SHELL) $(srcdir)/scripts/corpus unpack unpacked $(CASES)
	@$(SHELL) $(srcdir)/scripts/corpus unpack unpacked-alone alone
clean-local:
	rm -rf unpacked unpacked-alone unpacked-cores

# Process cores: a program that dies in many ways, and its own word for what it was.
# It is no test of ours that it runs under a sanitizer.
EXTRA_PROGRAMS += %D%/cores/crash
%C%_cores_crash_SOURCES = %D%/cores/crash.c
%C%_cores_crash_CFLAGS = -g -O1 -w
%C%_cores_crash_LDFLAGS = -pthread
%C%_cores_crash_LDADD =
check_DATA += %D%/cores/crash$(EXEEXT)
CLEANFILES += %D%/cores/crash$(EXEEXT)
# The same, made up, and with bytes changed; ROUNDS SEED by hand for more of that.
check_PROGRAMS += %D%/cores/cores
%C%_cores_cores_SOURCES = %D%/cores/cores.c %D%/cores/synth.c %D%/cores/synth.h %D%/unit/sink.h
dist_check_SCRIPTS += %D%/gdb/core.sh %D%/cores/host.sh %D%/cores/corpus.sh %D%/cores/foreign.sh %D%/cores/packed.sh
EXTRA_DIST += %D%/cores/guest %D%/cores/normal.awk

# Triage; what is preloaded is no test of ours either.
dist_check_SCRIPTS += %D%/triage/triage.sh %D%/triage/engines.sh %D%/triage/hooks.sh
EXTRA_DIST += %D%/triage/valid.py %D%/triage/slurm
check_LTLIBRARIES += %D%/triage/dies.la
%C%_triage_dies_la_SOURCES = %D%/triage/dies.c
%C%_triage_dies_la_CFLAGS = -w
%C%_triage_dies_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere

# Our reader of kdump against libkdumpfile: by tests/real/containers, or by hand.
EXTRA_PROGRAMS += %D%/real/second
%C%_real_second_SOURCES = %D%/real/second.c
check_DATA += %D%/real/second$(EXEEXT)
CLEANFILES += %D%/real/second$(EXEEXT)

# Damage on purpose; DIR... by hand, and by scripts/test --full.
EXTRA_PROGRAMS += %D%/damage/damage
%C%_damage_damage_SOURCES = %D%/damage/damage.c %D%/damage/several.c $(damage_sources)
EXTRA_PROGRAMS += %D%/damage/held %D%/damage/rebuild %D%/damage/tasks
%C%_damage_held_SOURCES = %D%/damage/held.c $(damage_sources)
%C%_damage_rebuild_SOURCES = %D%/damage/rebuild.c %D%/damage/wreck.c %D%/damage/wreck.h $(damage_sources)
%C%_damage_tasks_SOURCES = %D%/damage/tasks.c %D%/damage/wreck.c %D%/damage/wreck.h $(damage_sources)
check_DATA += %D%/damage/damage$(EXEEXT) %D%/damage/held$(EXEEXT) %D%/damage/rebuild$(EXEEXT) %D%/damage/tasks$(EXEEXT)
CLEANFILES += %D%/damage/damage$(EXEEXT) %D%/damage/held$(EXEEXT) %D%/damage/rebuild$(EXEEXT) %D%/damage/tasks$(EXEEXT)
dist_check_SCRIPTS += %D%/damage/corpus.sh %D%/damage/rebuild.sh %D%/damage/tasks.sh
EXTRA_DIST += %D%/damage/table

# The kernel's own maple tree, out of linux-source packages; by scripts/test --full.
EXTRA_PROGRAMS += %D%/oracle/oracle
%C%_oracle_oracle_SOURCES = %D%/oracle/oracle.c %D%/oracle/kern.h $(damage_sources)
CLEANFILES += %D%/oracle/oracle$(EXEEXT)
EXTRA_DIST += %D%/oracle/fetch %D%/oracle/kern.c %D%/oracle/run

# GDB itself is not built with ASan, so the runtime has to be in it before the
# extension comes. Some library's constructor takes a lock before ASan is up
# and GDB hangs, unless the allocator has been used by then: early.c.
if ASAN
check_LTLIBRARIES += %D%/gdb/early.la
%C%_gdb_early_la_SOURCES = %D%/gdb/early.c
%C%_gdb_early_la_CFLAGS =
%C%_gdb_early_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere -Wl,-z,initfirst
%C%_gdb_early_la_LIBADD =
GDB_ENV = env LD_PRELOAD=$(ASAN_LIB):$(abs_builddir)/%D%/gdb/.libs/early.so \
	ASAN_OPTIONS=detect_leaks=0:exitcode=77
endif

# Speed: the bare chase, where it finds things, what measures. It is no test of ours that these
# run under a sanitizer. scripts/bench holds us and others against the chase.
EXTRA_PROGRAMS += %D%/bench/chase %D%/bench/facts %D%/bench/measure
%C%_bench_chase_SOURCES = %D%/bench/chase.c
%C%_bench_chase_CFLAGS = -O2 -w
%C%_bench_chase_LDFLAGS =
%C%_bench_chase_LDADD =
%C%_bench_facts_SOURCES = %D%/bench/facts.c
%C%_bench_measure_SOURCES = %D%/bench/measure.c
%C%_bench_measure_CFLAGS = -O2 -w
%C%_bench_measure_LDFLAGS =
%C%_bench_measure_LDADD =
check_DATA += %D%/bench/chase$(EXEEXT) %D%/bench/facts$(EXEEXT)
CLEANFILES += %D%/bench/chase$(EXEEXT) %D%/bench/facts$(EXEEXT) %D%/bench/measure$(EXEEXT)
dist_check_SCRIPTS += %D%/bench/guard.sh
.PHONY: bench
# BENCH='--quick' and the like are passed on.
bench: all
	BUILD='$(abs_top_builddir)' $(srcdir)/scripts/bench $(BENCH)
