# SPDX-License-Identifier: GPL-2.0-or-later
#
# VS_GDB_PYTHON: which Python the GDB here embeds, and where its Python.h is.
#
# PATH's python3 may be another one than GDB's, so GDB itself is asked. The
# extension keeps to the limited API, so any Python.h of 3.9 or later will do
# when that GDB's own is not installed, or when there is no GDB at all.
#
# Sets GDB, GDB_PYTHON_CPPFLAGS; vs_gdb_version, vs_gdb_python ("X.Y" or why
# not), vs_python_h (where the header was found); GDB_SKIP (why it
# cannot be tried; empty: it can); conditional WITH_EXTENSION (it is built).

AC_DEFUN([_VS_TRY_PYTHON_H], [
AS_IF([test "x$vs_python_h" = x && test "x$1" != x], [
  vs_save_CPPFLAGS=$CPPFLAGS
  CPPFLAGS="$CPPFLAGS $1"
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#define Py_LIMITED_API 0x03090000
#include <Python.h>
#if PY_VERSION_HEX < 0x03090000
#error too old
#endif
]], [])], [vs_python_h="$1"])
  CPPFLAGS=$vs_save_CPPFLAGS
])])

AC_DEFUN([VS_GDB_PYTHON], [
AC_ARG_VAR([GDB], [the GDB to try the extension with])
AC_ARG_VAR([GDB_PYTHON_CPPFLAGS], [where the Python.h for the extension is])
AC_ARG_ENABLE([gdb], [AS_HELP_STRING([--enable-gdb],
  [build the GDB extension: yes, no, auto @<:@auto@:>@])], [], [enable_gdb=auto])

vs_gdb_version=
vs_gdb_python=
vs_python_h=
AS_IF([test "x$enable_gdb" != xno], [
  AC_PATH_PROG([GDB], [gdb])
  AS_IF([test -n "$GDB"], [
    vs_gdb_version=`"$GDB" --version </dev/null 2>/dev/null | sed -n '1s/.* \([[0-9]][[0-9.]]*\).*/\1/p'`
    AC_MSG_CHECKING([for the Python in $GDB])
    vs_gdb_python=`"$GDB" -nx -nh -batch -ex 'python import sys; print("%d.%d" % sys.version_info[[:2]])' </dev/null 2>/dev/null`
    AS_CASE([$vs_gdb_python],
      [3.[[0-8]]], [vs_gdb_why="its Python $vs_gdb_python is older than 3.9"; vs_gdb_python=],
      [3.*], [vs_gdb_why=
        # A libpython linked in without exporting its symbols loads no C extension.
        vs_probe=`"$GDB" -nx -nh -batch -ex 'python import ctypes; print(hasattr(ctypes.pythonapi, "PyModuleDef_Init"))' </dev/null 2>/dev/null`
        AS_IF([test "x$vs_probe" = xFalse],
          [vs_gdb_why="its Python $vs_gdb_python cannot load C extensions"; vs_gdb_python=])],
      [vs_gdb_why="it has no Python"; vs_gdb_python=])
    AC_MSG_RESULT([${vs_gdb_python:-none: $vs_gdb_why}])
  ], [vs_gdb_why="no gdb found"])

  AC_MSG_CHECKING([for Python.h, 3.9 or later])
  _VS_TRY_PYTHON_H([$GDB_PYTHON_CPPFLAGS])
  AS_IF([test -n "$vs_gdb_python"], [
    vs_cflags=`$PKG_CONFIG --cflags "python-$vs_gdb_python" 2>/dev/null`
    _VS_TRY_PYTHON_H([$vs_cflags])
    vs_include=`"$GDB" -nx -nh -batch -ex 'python import sysconfig; print(sysconfig.get_path("include"))' </dev/null 2>/dev/null`
    _VS_TRY_PYTHON_H([${vs_include:+-I$vs_include}])
  ])
  vs_cflags=`$PKG_CONFIG --cflags python3 2>/dev/null`
  _VS_TRY_PYTHON_H([$vs_cflags])
  AC_MSG_RESULT([${vs_python_h:-no}])
  GDB_PYTHON_CPPFLAGS=$vs_python_h
], [vs_gdb_why="--disable-gdb"])

AS_IF([test "x$enable_gdb" = xyes && test -z "$vs_python_h"],
  [AC_MSG_ERROR([--enable-gdb: no Python.h of 3.9 or later found (Debian: apt install python3-dev)])])
AM_CONDITIONAL([WITH_EXTENSION], [test -n "$vs_python_h"])
AS_IF([test -z "$vs_gdb_python"], [GDB_SKIP=$vs_gdb_why],
  [test -z "$vs_python_h"], [GDB_SKIP="no Python.h: the extension was not built"],
  [GDB_SKIP=])
AC_SUBST([GDB_SKIP])

# For `python import vmascope`: a folder of the prefix where that Python looks by itself.
AC_ARG_WITH([gdb-pythondir], [AS_HELP_STRING([--with-gdb-pythondir=DIR],
  [where GDB's Python shall find the extension by "import vmascope" (auto: where it looks below the prefix)])],
  [], [with_gdb_pythondir=auto])
AS_CASE([$with_gdb_pythondir], [no], [GDB_PYTHONDIR=], [yes|auto], [
  vs_prefix=$prefix
  test "x$vs_prefix" = xNONE && vs_prefix=$ac_default_prefix
  GDB_PYTHONDIR=
  test -z "$vs_gdb_python" || GDB_PYTHONDIR=`VS_PREFIX=$vs_prefix "$GDB" -nx -nh -batch -ex 'python
import os, sys
pre = os.environ@<:@"VS_PREFIX"@:>@.rstrip("/") + "/"
for p in sys.path:
  if p.startswith(pre) and p.endswith(("/dist-packages", "/site-packages")) and not (pre == "/usr/" and p.startswith("/usr/local/")):
    print(p)
    break' </dev/null 2>/dev/null`],
  [GDB_PYTHONDIR=$with_gdb_pythondir])
AC_SUBST([GDB_PYTHONDIR])
AM_CONDITIONAL([WITH_GDB_PYTHONDIR], [test -n "$vs_python_h" && test -n "$GDB_PYTHONDIR"])
# For `make install-gdbinit`: where GDB looks for files to read at each start.
GDB_INITDIR=
test -z "$GDB" || GDB_INITDIR=`"$GDB" -nx -nh --configuration </dev/null 2>/dev/null | sed -n 's/^ *--with-system-gdbinit-dir=\(.*@<:@^ @:>@\).*/\1/p'`
AC_SUBST([GDB_INITDIR], [${GDB_INITDIR:-/etc/gdb/gdbinit.d}])
])
