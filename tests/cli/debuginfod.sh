# SPDX-License-Identifier: GPL-2.0-or-later
# A vmlinux from a debuginfod server: one of ours, on loopback.
. "${srcdir:-.}/tests/tap.sh"
command -v python3 >/dev/null || skip_all 'no python3 to serve files with'
python3 -c 'import ctypes; ctypes.CDLL("libdebuginfod.so.1")' 2>/dev/null || skip_all 'no libdebuginfod'
case=unpacked/5.10-amd64-nokaslr
[ -e "$case/vmcore" ] || skip_all 'no dump unpacked'

id=$("$VMASCOPE" info "$case/vmcore" --vmlinux "$case/vmlinux" | sed -n 's/^build-id *//p')
mkdir -p "$scratch/www/buildid/$id"
ln -s "$PWD/$case/vmlinux" "$scratch/www/buildid/$id/debuginfo"
python3 - "$scratch/www" >"$scratch/port" 2>"$scratch/log" <<'PY' &
import functools, http.server, sys
h = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
s = http.server.HTTPServer(("127.0.0.1", 0), h)
print(s.server_port, flush=True)
s.serve_forever()
PY
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$scratch"' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -s "$scratch/port" ] || sleep 1
done
DEBUGINFOD_URLS=http://127.0.0.1:$(cat "$scratch/port")
DEBUGINFOD_CACHE_PATH=$scratch/cache
no_proxy=127.0.0.1
export DEBUGINFOD_URLS DEBUGINFOD_CACHE_PATH no_proxy
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY

run "$VMASCOPE" maps "$case/vmcore" 1
is "$rc" 2 'nobody looks: no vmlinux'
is "$(cat "$scratch/log")" '' 'and no server was asked'
like "$err" '*looked in /usr/lib/debug*the dump itself does not help*' 'it is said where was looked'

run "$VMASCOPE" maps "$case/vmcore" 1 --debuginfod always
is "$rc" 0 '--debuginfod always: exit 0'
cmp -s "$scratch/out" "$case/truth/1/maps" && pass 'and the maps are right' || fail 'and the maps are right'
run "$VMASCOPE" info "$case/vmcore" --debuginfod always
like "$(cat "$scratch/out")" '*from debuginfod, by build-id; build-ids are equal*' 'info says where it came from'

rm -rf "$scratch/cache" "$scratch/www/buildid"
run "$VMASCOPE" maps "$case/vmcore" 1 --debuginfod always
is "$rc" 2 'a server that has it not: exit 2'
like "$err" '*debuginfod: no server has it*' 'and it is said'

rm -rf "$scratch/cache"
DEBUGINFOD_URLS=http://127.0.0.1:1 run "$VMASCOPE" maps "$case/vmcore" 1 --debuginfod always
is "$rc" 2 'no server: exit 2'
like "$err" '*debuginfod: *' 'and it is said'
unset DEBUGINFOD_URLS
run "$VMASCOPE" maps "$case/vmcore" 1 --debuginfod always
like "$err" '*DEBUGINFOD_URLS is not set*' 'no servers named: it is said'
done_testing
