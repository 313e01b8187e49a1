# SPDX-License-Identifier: GPL-2.0-or-later
#
# VS_TRY_CFLAGS(FLAGS, VARIABLE): add those of FLAGS that the compiler takes.
AC_DEFUN([VS_TRY_CFLAGS], [
for vs_flag in $1; do
  AC_MSG_CHECKING([whether $CC takes $vs_flag])
  vs_save_CFLAGS=$CFLAGS
  # clang only warns about an unknown -W flag.
  CFLAGS="$CFLAGS -Werror $vs_flag"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
    [AC_MSG_RESULT([yes]); $2="$$2 $vs_flag"], [AC_MSG_RESULT([no])])
  CFLAGS=$vs_save_CFLAGS
done])

# VS_NEED_CFLAGS(FLAGS, VARIABLE, OPTION): the same, all of them or an error.
AC_DEFUN([VS_NEED_CFLAGS], [
vs_before=$$2
$2=
VS_TRY_CFLAGS([$1], [$2])
AS_IF([test "x$$2" != "x $1"], [AC_MSG_ERROR([$3: $CC cannot do $1])])
$2="$vs_before$$2"
])
