"""The NAT matrix as a table, at the end of a run of all its cases."""

import re

from .natcase import CASES

PROGRAMS = ("baresip", "sipp")


def numbers(nodeid):
    """The cases that a test is named after."""
    return {int(x) for x in re.findall(r"(?:_|\[)c(\d\d)(?![0-9a-z])",
                                       nodeid.rpartition("::")[2])}


def program(nodeid):
    return next((x for x in PROGRAMS if x in nodeid), "ours")


def rows(reports):
    """{case: {program: [runs as expected, runs, seconds]}}"""
    table = {}
    for report in reports:
        for number in numbers(report.nodeid):
            row = table.setdefault(number, {}).setdefault(
                program(report.nodeid), [0, 0, 0.0])
            row[0] += report.outcome == "passed"
            row[1] += 1
            row[2] += report.duration
    return table


def lines(reports):
    """Runs as expected, of how many; of our own phones, baresip and SIPp."""
    table = rows(reports)
    line = "{:>4} {:46}{:>7}{:>9}{:>7}{:>8}".format
    yield line("case", "", "ours", "baresip", "SIPp", "s")
    for number, what in CASES.items():
        row = table.get(number, {})
        yield line(number, what, *(
            f"{row[x][0]}/{row[x][1]}" if x in row else "-"
            for x in ("ours", *PROGRAMS)),
            round(sum(x[2] for x in row.values()), 1))
    good = sum(bool(table.get(n)) and all(
        x[0] == x[1] for x in table[n].values()) for n in CASES)
    yield f"{good} of {len(CASES)} cases as expected"


def show(reporter):
    """At the end of pytest's output."""
    reporter.section("NAT matrix")
    for text in lines(r for key in ("passed", "failed", "error")
                      for r in reporter.stats.get(key, ())
                      if r.when == "call" or r.outcome == "failed"):
        reporter.write_line(text)
