# SPDX-License-Identifier: GPL-2.0-or-later
"""What came out: a table, the targets met or not, and the same for machines."""

import json
import sys
from dataclasses import dataclass

from .measure import MS

MIB = 1 << 20
BIG = 500_000       # VMAs from which a dump stands for "1,000,000 VMAs"


def count(n):
    return f"{n:,.0f}" if n >= 100 else f"{n:,.1f}" if n >= 10 else f"{n:,.2f}"


def cell(value, width):
    return (count(value) if value is not None else "-").rjust(width)


@dataclass
class Result:
    dump: object
    rows: list

    def row(self, key):
        """The best of the rows with that key: of several suites' peers, the fastest counts."""
        rows = [r for r in self.rows if r.key == key and (r.runs or r.instructions)]
        return min(rows, key=lambda r: r.median("cpu_ns") or r.instructions) if rows else None


class Report:
    def __init__(self, results, by, instructions=False):
        self.results, self.by, self.instructions = results, by, instructions

    # --- the table ---

    def print(self, result):
        about = result.dump.about
        print(f"\n{result.dump.name}: {result.dump.kind}, {about['bytes'] / MIB:,.0f} MiB, {about['spaces']:,} address "
              f"spaces, {about['vmas']:,} VMAs, the largest {about['largest']:,}")
        if self.instructions:
            self._print_counts(result)
        else:
            self._print_times(result)
        sys.stdout.flush()

    def print_targets(self):
        print()
        for line in self.targets():
            print(line)

    def _print_times(self, result):
        print(f"  {'':44}{'wall ms':>10}{'cpu ms':>10}{'inner ms':>10}{'ns/VMA':>9}{'peak MiB':>10}"
              f"{'x ours':>9}{'x chase':>9}{'inner x chase':>15}")
        group = None
        for row in result.rows:
            if row.group != group:
                group = row.group
                print(f"  {group}")
            if not row.runs:
                print(f"    {row.name:42}  skipped: {row.skip}")
                continue
            inner = self.inner(row)
            # each of ours is held against the chase before it, peers against the last of ours
            vmas = result.dump.about["vmas"] if group != "first answer" else None
            ours, chase = self._beside(result, row, "vmascope"), self._beside(result, row, "chase")
            own = self.time(row)
            chase_inner = self.inner(chase) if chase else None
            print(f"    {row.name:42}{cell(row.median('wall_ns') / MS, 10)}{cell(row.median('cpu_ns') / MS, 10)}"
                  f"{cell(inner / MS if inner else None, 10)}{cell(inner / vmas if inner and vmas else None, 9)}"
                  f"{cell(row.median('peak_kib') / 1024, 10)}{cell(own / self.time(ours) if ours else None, 9)}"
                  f"{cell(own / self.time(chase) if chase else None, 9)}"
                  f"{cell(inner / chase_inner if inner and chase_inner else None, 15)}")

    def _print_counts(self, result):
        print(f"  {'':44}{'instructions':>16}{'a VMA':>10}{'x chase':>9}")
        for row in result.rows:
            if not row.instructions:
                print(f"    {row.name:42}  skipped: {row.skip}")
                continue
            chase = self._beside(result, row, "chase")
            vmas = result.dump.about["small_vmas"] if row.group == "first answer" else result.dump.about["vmas"]
            print(f"    {row.name:42}{row.instructions:>16,}{cell(row.instructions / vmas, 10)}"
                  f"{cell(row.instructions / chase.instructions if chase else None, 9)}")

    def _beside(self, result, row, tool):
        """The row of `tool` in the group that `row` is held against."""
        rows = [r for r in result.rows if r.group == row.group and r.tool == tool and (r.runs or r.instructions)]
        before = [r for r in rows if result.rows.index(r) <= result.rows.index(row)]
        if row.group == "first answer" and tool == "vmascope" and row.tool != "vmascope":
            return rows[0] if rows else None        # peers have a vmlinux: so has the first of ours
        after = [r for r in rows if r not in before]
        if row.tool == "chase" and tool == "vmascope":
            return after[0] if after else None
        return before[-1] if before else None

    def time(self, row):
        return row.median(f"{self.by}_ns")

    def inner(self, row):
        """Of the loop alone, warm where it could be repeated."""
        warm = row.inner_median("warm_ns")
        return warm if warm else row.inner_median("first_ns")

    def inner_of(self, row):
        return self.inner(row) if row else None

    # --- the targets ---

    def ratio(self, result, much, little):
        a, b = result.row(much), result.row(little)
        return self.time(a) / self.time(b) if a and b else None

    def targets(self):
        if self.instructions:
            return
        yield f"targets, by {self.by} time" + ("" if self.by == "wall" else ": this machine is busy with other things")
        for result in self.results:
            yield from self._targets_of(result)
        yield from self._growth()

    @staticmethod
    def judge(result, text, value, limit, at_most, form="{:.1f}"):
        if value is None:
            return f"  not measured  {result.dump.name}: {text}"
        met = value <= limit if at_most else value >= limit
        sign = "at most" if at_most else "at least"
        return (f"  {'met    ' if met else 'NOT MET'}       {result.dump.name}: {text}: {form.format(value)} "
                f"({sign} {form.format(limit)})")

    def _of_chases(self, result, text, ours, chase, whole):
        """With the reason, where the chase reads less: of a VMA it wants where it begins, where it ends, and what is next."""
        ratio, all_of_it = self.ratio(result, ours, chase), self.ratio(result, ours, whole)
        yield self.judge(result, text, ratio, 2, True)
        if ratio and ratio > 2 and all_of_it:
            yield (f"                the chase reads one cache line of each VMA, a check all of it: {all_of_it:.1f} times a chase "
                   "that does as well")

    def _inside_gdb(self, result, command):
        inside, row = result.row(f"{command}-gdb"), result.row(command)
        # of several suites' GDBs, the same one
        write = next((r for r in result.rows if r.key == "gdb-write" and r.runs and inside and r.prefix == inside.prefix),
                     None)
        a, b, w = (r.inner_median("first_ns") if r else None for r in (inside, row, write))
        yield self.judge(result, f"vma {command} inside GDB, of what it takes outside", a / b if a and b else None, 1.10, True,
                         "{:.2f}")
        if command == "maps" and a and b and w and a / b > 1.10:
            yield (f"                GDB itself takes {w / MS:.1f} ms to write these bytes; without that "
                   f"{(a - w) / b:.2f} of what it takes outside")

    def _memory(self, result, command, chase):
        """What is mapped of the dump counts for a process as well, and is the page cache's: the chase has it, too."""
        row, base = result.row(command), result.row(chase)
        own = max(0, row.median("peak_kib") - base.median("peak_kib")) / 1024 if row and base else None
        yield self.judge(result, f"peak memory of {command} beyond that of the chase, MiB", own,
                         64 + 400 * result.dump.about["largest"] / MIB, True, "{:.0f}")

    def _targets_of(self, result):
        about, kind = result.dump.about, result.dump.kind
        big = about["vmas"] >= BIG
        # a flattened file has to be put in order before anything can be read
        if any(r.key == "first" for r in result.rows) and "flattened" not in kind:
            start = self.ratio(result, "drgn-start", "first")
            yield self.judge(result, "first answer faster than drgn's start-up, times", start, 25, False)
            if start and start < 25 and about["spaces"] > 1000:
                yield (f"                all tasks are read before one is chosen, of {about['spaces']:,} address spaces; "
                       "drgn's start-up reads none")
            yield self.judge(result, "first answer faster than crash's start-up, times",
                             self.ratio(result, "crash-start", "first"), 200, False)
        if any(r.key == "rules" and r.runs for r in result.rows) and kind == "elf":
            if big:     # where memory is what takes the time
                yield from self._of_chases(result, "check over list, tree and counters, bare chases", "rules", "rules-chase",
                                           "whole-chase")
                yield from self._of_chases(result, "check, bare chases of the same objects", "check", "check-chase",
                                           "whole-objects-chase")
                yield self.judge(result, "maps to a file, bare chases and writes", self.ratio(result, "maps", "maps-chase"),
                                 3, True)
                yield self.judge(result, "check faster than crash's foreach vm, times",
                                 self.ratio(result, "crash-vm", "check"), 20, False)
                loop = self.ratio(result, "drgn-loop", "check")
                yield self.judge(result, "check faster than drgn's loop, times", loop, 100, False)
                chase = self.ratio(result, "drgn-loop", "check-chase")
                if loop and loop < 100 and chase and chase < 100:
                    yield f"                the bare chase itself is {chase:.1f} times faster, and no check can be faster than that"
            for command in ("maps", "check"):
                yield from self._inside_gdb(result, command)
            for command, chase in (("maps", "maps-chase"), ("check", "check-chase")):
                yield from self._memory(result, command, chase)
        if "d31" in kind and "zlib" in kind:
            yield self.judge(result, "check of a filtered kdump faster than drgn's loop, times",
                             self.ratio(result, "drgn-loop", "check"), 5, False)

    def _growth(self):
        """More VMAs, and the same in a larger dump."""
        plain = [r for r in self.results if r.dump.kind == "elf" and r.row("check")]
        grown = sorted((r for r in plain if not r.dump.name.endswith(" GiB")), key=lambda r: r.dump.about["vmas"])
        lists = [r for r in grown if r.dump.about.get("list")]
        for series in (lists, [r for r in grown if r not in lists]):
            for a, b in zip(series, series[1:]):
                factor = b.dump.about["vmas"] / a.dump.about["vmas"]
                if factor < 1.5:
                    continue
                for key in ("check", "maps"):
                    x, y = self.inner(a.row(key)), self.inner(b.row(key))
                    if not x or not y:
                        continue
                    yield self.judge(b, f"{key}: {factor:.1f} times the VMAs of {a.dump.name}, inner loop, times",
                                     y / x, factor, True)
                    chases = [r.row(f"{key}-chase") for r in (a, b)]
                    grown_chase = self.inner(chases[1]) / self.inner(chases[0]) if all(map(self.inner_of, chases)) else 0
                    if y / x > factor and grown_chase > factor:
                        yield (f"                the bare chase takes {grown_chase:.1f} times: the smaller one is in the "
                               "processor's caches")
        for r in plain:
            if r.dump.name.endswith(" GiB"):
                base = next((p for p in plain if p.dump.facts == r.dump.facts and p is not r), None)
                for key in ("check", "maps"):
                    if base and base.row(key) and r.row(key):
                        yield self.judge(r, f"{key}: {r.dump.about['bytes'] / base.dump.about['bytes']:.1f} times the "
                                         "dump, takes times", self.time(r.row(key)) / self.time(base.row(key)), 1.1, True,
                                         "{:.2f}")

    # --- for machines ---

    def write_json(self, path, head):
        with open(path, "w", encoding="utf-8") as f:
            f.write(json.dumps({"type": "header", "schema": "vmascope-bench/1", **head}) + "\n")
            for result in self.results:
                for row in result.rows:
                    record = {"type": "row", "dump": result.dump.name, "kind": result.dump.kind, **result.dump.about,
                              "group": row.group, "name": row.name, "tool": row.tool, "key": row.key}
                    if row.skip:
                        record["skipped"] = row.skip
                    if row.instructions:
                        record["instructions"] = row.instructions
                    for what in ("wall_ns", "cpu_ns", "peak_kib"):
                        if row.runs:
                            record[what] = row.median(what)
                            record[f"{what}_all"] = [run[what] for run in row.runs]
                    for what in ("first_ns", "warm_ns"):
                        value = row.inner_median(what)
                        if value is not None:
                            record[f"inner_{what}"] = value
                    f.write(json.dumps(record) + "\n")
            for line in self.targets():
                words = line.strip()
                for state in ("met", "NOT MET", "not measured"):
                    if words.startswith(state):
                        f.write(json.dumps({"type": "target", "state": state.lower().replace(" ", "-"),
                                            "text": words[len(state):].strip()}) + "\n")
                        break
