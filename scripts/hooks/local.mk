# SPDX-License-Identifier: GPL-2.0-or-later
# Where dumps are born: kdump-tools calls a script, systemd starts units.
hooksdir = $(pkgdatadir)/hooks
systemunitdir = $(prefix)/lib/systemd/system
hooks_SCRIPTS = %D%/kdump-triage
systemunit_DATA = %D%/vmascope-triage@.service
dist_systemunit_DATA = %D%/vmascope-triage@.path %D%/vmascope-triage@.timer
EXTRA_DIST += %D%/kdump-triage.in %D%/vmascope-triage@.service.in
CLEANFILES += %D%/kdump-triage %D%/vmascope-triage@.service
fill_hook = $(AM_V_GEN)$(MKDIR_P) %D% && \
	sed -e 's,[@]bindir@,$(bindir),g' -e 's,[@]hooksdir@,$(hooksdir),g' '$<' >'$@.tmp'
%D%/kdump-triage: %D%/kdump-triage.in Makefile
	$(fill_hook) && chmod +x '$@.tmp' && mv '$@.tmp' '$@'
%D%/vmascope-triage@.service: %D%/vmascope-triage@.service.in Makefile
	$(fill_hook) && mv '$@.tmp' '$@'
# EXTRA_DIST has scripts as it is, built ones too.
dist-hook:
	rm -f $(distdir)/%D%/kdump-triage '$(distdir)/%D%/vmascope-triage@.service'
