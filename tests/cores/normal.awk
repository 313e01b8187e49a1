# SPDX-License-Identifier: GPL-2.0-or-later
# /proc/PID/maps as a core can tell it: without device and inode. With -v sharing=no
# also without p or s, which no header decides for every mapping; with -v stack=no
# without where the main stack begins, which may grow after the file was written.
{
	match($0, /^[^ ]+ [^ ]+ [^ ]+ [^ ]+ [0-9]+ */)
	name = substr($0, RLENGTH + 1)
	range = $1
	perms = $2
	if (sharing == "no") perms = substr(perms, 1, 3) "?"
	if (stack == "no" && name == "[stack]") sub(/^[^-]*/, "...", range)
	line = range " " perms " " $3 " 00:00 0 "
	if (name != "") line = sprintf("%-72s %s", line, name)
	print line
}
