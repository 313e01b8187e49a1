# SPDX-License-Identifier: GPL-2.0-or-later
#
# The manual and the completion for bash are made from the command table, by the
# program that holds it.
man_MANS += %D%/vmascope.1
CLEANFILES += %D%/vmascope.1
%D%/vmascope.1: vmascope$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) %D% && ./vmascope$(EXEEXT) --man >$@.tmp && mv $@.tmp $@

completiondir = $(datadir)/bash-completion/completions
completion_DATA = %D%/vmascope
CLEANFILES += %D%/vmascope
%D%/vmascope: vmascope$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) %D% && ./vmascope$(EXEEXT) --bash-completion >$@.tmp && mv $@.tmp $@

# What the lines of triage are, for programs.
dist_pkgdata_DATA += %D%/triage.schema.json
EXTRA_DIST += %D%/triage.md
