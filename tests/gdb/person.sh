# SPDX-License-Identifier: GPL-2.0-or-later
# GDB on a terminal, as a person has it: the pager, Ctrl-C.
. "${srcdir:-.}/tests/tap.sh"
needs_gdb

# A second GDB is run on a pseudo terminal by the Python of the first.
cat >"$scratch/drive.py" <<'P'
import os, pty, re, select, signal, sys, time

gdb_path, loader, cols, script = os.environ["GDB"], os.environ["LOADER"], 100, sys.argv[1]


def drive(argv, steps):
    """Run argv; for each step wait for a pattern, then send a string."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(argv[0], argv)
    text, seen = b"", 0
    end = time.monotonic() + 60
    for pattern, reply in steps:
        while True:
            m = re.compile(pattern).search(text, seen)
            if m:
                seen = m.end()
                break
            left = end - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                os.kill(pid, signal.SIGKILL)
                print("waited in vain for", pattern)
                print(text[-2000:].decode("utf-8", "replace"))
                os.waitpid(pid, 0)
                return None
            try:
                data = os.read(fd, 65536)
            except OSError:
                data = b""
            if not data:
                print("ended before", pattern)
                print(text[-2000:].decode("utf-8", "replace"))
                os.waitpid(pid, 0)
                return None
            text += data
        os.write(fd, reply)
    try:
        while os.read(fd, 65536):
            pass
    except OSError:
        pass
    status = os.waitpid(pid, 0)[1]
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1


steps = eval(open(script).read())
print("exit", drive([gdb_path, "-nx", "-nh", "-q", "-iex", "set debuginfod enabled off",
                     "-iex", "set height 6", "-iex", "set width 80", "-ex", "source " + loader],
                    steps))
P

# person STEPS: what `print("exit", ...)` says
person() {
	printf '%s' "$1" >"$scratch/steps"
	run timeout -k 5 100 ${GDB_ENV:-} "$GDB" -nx -nh -batch -ex "python import sys; sys.argv = ['', '$scratch/steps']" \
		-x "$scratch/drive.py"
	[ -z "$err" ] || diag "$err"
}
export GDB LOADER

run ${GDB_ENV:-} "$GDB" -nx -nh -batch -ex 'python import os; os.openpty()'
[ -z "$err" ] || skip_all 'no pseudo terminals here'

person '[(rb"\(gdb\) ", b"vma maps --help\n"),
	 (rb"--Type <RET> for more", b"q\n"),
	 (rb"Quit", b"printf \"status %d\\n\", $_vma_status\n"),
	 (rb"status 2\r\n", b"vma close\n"),
	 (rb"no dump is open", b"quit 7\n")]'
is "$out" 'exit 7' 'q in the pager ends the command, and only it'

person '[(rb"\(gdb\) ", b"vma maps --help\n"),
	 (rb"--Type <RET> for more", b"\x03"),
	 (rb"Quit", b"printf \"status %d\\n\", $_vma_status\n"),
	 (rb"status 2\r\n", b"quit 7\n")]'
is "$out" 'exit 7' 'Ctrl-C in the pager likewise'

person '[(rb"\(gdb\) ", b"vma mapz\n"),
	 (rb"unknown command .vma mapz., did you mean .vma maps..\r\n", b"quit 7\n")]'
is "$out" 'exit 7' 'an error is one line'

# A real dump: 4 MB of maps do not fit into a terminal that nobody reads, so GDB
# is still at it when the Ctrl-C comes.
open="vma open $PWD/unpacked/5.10-amd64/vmcore $PWD/unpacked/5.10-amd64/vmlinux"
person '[(rb"\(gdb\) ", b"set height 0\n"),
	 (rb"\(gdb\) ", b"'"$open"'\n"),
	 (rb"VMAs are in", b"vma maps\n"),
	 (rb"\[stack\]", b"\x03"),
	 (rb"Quit\r\n", b"printf \"status %d\\n\", $_vma_status\n"),
	 (rb"status 2\r\n", b"vma task 1\n"),
	 (rb"task 1\r\n", b"quit 7\n")]'
is "$out" 'exit 7' 'Ctrl-C ends a command at work, and only it'

person '[(rb"\(gdb\) ", b"set height 0\n"),
	 (rb"\(gdb\) ", b"'"$open"'\n"),
	 (rb"VMAs are in", b"vma check\n"),
	 (rb"verdict: \x1b\[[0-9;]*mconsistent\x1b\[", b"set style enabled off\n"),
	 (rb"\(gdb\) ", b"vma check\n"),
	 (rb"verdict: consistent", b"set style enabled on\n"),
	 (rb"\(gdb\) ", b"pipe vma check | cat\n"),
	 (rb"verdict: consistent", b"quit 7\n")]'
is "$out" 'exit 7' 'colour for a person, unless styles are off or a pipe reads it'

person '[(rb"\(gdb\) ", b"set height 0\n"),
	 (rb"\(gdb\) ", b"'"$open"'\n"),
	 (rb"tasks as threads\r\n[^\r]*\r\n", b"python at = gdb.parse_and_eval(\"$pc\"); print(\"reading\")\n"),
	 (rb"reading\r\n", b"python print(\"at\" + \"work\"); gdb.flush(); exec(\"while True: gdb.execute(\\\"info threads 3-9\\\", to_string=True)\")\n"),
	 (rb"atwork\r\n", b"\x03"),
	 (rb"(KeyboardInterrupt|Quit)", b"vma maps 1\n"),
	 (rb"\[stack\]", b"info threads 2-4\n"),
	 (rb"Thread 2 .kthreadd", b"vma ma\t1\n"),
	 (rb"(?s)vma maps 1.*\[stack\]", b"'"$open"'\n"),
	 (rb"tasks as threads\r\n[^\r]*\r\n", b"q\n")]'
is "$out" 'exit 0' 'Ctrl-C while GDB reads; TAB; a second open; q without a question'

run timeout -k 5 60 ${GDB_ENV:-} "$GDB" -nx -nh -q -batch -interpreter=mi3 -iex 'set debuginfod enabled off' \
	-ex "source $LOADER" -ex "$open --quiet" -ex 'vma maps 1' -ex 'vma mapz'
first=$(head -1 "$PWD/unpacked/5.10-amd64/truth/1/maps")
like "$out" "*~\"$first*" 'MI: answers are console output'
like "$out$err" '*unknown command *vma mapz*' 'MI: and errors are told'

done_testing
