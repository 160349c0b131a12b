#!/usr/bin/env python3
"""Build Tandem, run its tests and count every single case.

    tests/run_tests.py [-v] [-j N] [--broken NAME] [STEP ...]

Steps, in the order in which they run (all of them by default):
    checks      layers, banned functions, promises with their tests
    build       release build with hardening, in build-test/
    symbols     the program exports no symbol
    unit flow   the cmocka programs of tests/unit and tests/flow
    bench       the benches run with a few calls; no time is judged
    fuzz        the fuzz targets replay their corpus (clang, build-fuzz/)
    scenario    pytest, with Tandem as a process and the field's programs
    asan        ASan and UBSan build in build-asan/; unit and flow tests again

The last line is "N passed, N failed"; what was skipped, and why, stands
above it.
The exit status is 0 if something ran and nothing failed.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STEPS = ("checks", "build", "symbols", "unit", "flow", "bench", "fuzz",
         "scenario", "asan")

RELEASE = ROOT / "build-test"
ASAN = ROOT / "build-asan"
FUZZ = ROOT / "build-fuzz"

PROGRAM_TIMEOUT = 300       # of one cmocka program in [s]
SCENARIO_TIMEOUT = 3600     # of all scenario tests in [s]

SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:"
                    "strict_string_checks=1:abort_on_error=0",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}

TAP = re.compile(r"^(ok|not ok)\b\s*(\d*)\s*-?\s*([^#]*)(#\s*skip)?", re.I)
PLAN = re.compile(r"^1\.\.(\d+)")


class Tally:
    """What passed, failed and was skipped."""

    def __init__(self, verbose):
        self.passed = 0
        self.skipped = {}  # reason: how many
        self.failures = []
        self.verbose = verbose

    def ok(self, name):
        self.passed += 1
        if self.verbose:
            say(f"ok       {name}")

    def skip(self, name, why=""):
        why = why or "no reason given"
        self.skipped[why] = self.skipped.get(why, 0) + 1
        if self.verbose or self.skipped[why] == 1:
            say(f"skipped  {name}: {why}")

    def fail(self, name, detail=""):
        self.failures.append(name)
        say(f"FAILED   {name}")
        for line in detail.rstrip().splitlines()[-60:]:
            say(f"         {line}")

    def summary(self):
        for why, count in self.skipped.items():
            say(f"{count} skipped: {why}")
        say(f"{self.passed} passed, {len(self.failures)} failed")


def say(text):
    print(text, flush=True)


def run(argv, timeout=None, env=None):
    """Run to the end; (status or None if it took too long, output).

    The program leads a process group of its own, so that what it leaves
    behind ends with it.
    """
    try:
        proc = subprocess.Popen(
            [str(arg) for arg in argv], cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})}, start_new_session=True)
    except OSError as exc:
        return 127, str(exc)

    status = None
    try:
        out, _ = proc.communicate(timeout=timeout)
        status = proc.returncode
    except subprocess.TimeoutExpired:
        os.killpg(proc.pid, signal.SIGKILL)
        out, _ = proc.communicate()
    return status, out.decode(errors="replace")


def tool(name):
    """Debian's own, so that a Python environment does not get in between."""
    path = Path("/usr/bin") / name
    return str(path) if path.exists() else name


# ---------------------------------------------------------------- builds

def build(tally, name, folder, options=(), env=None, jobs=2):
    """Configure if need be and compile; True if all went well."""
    say(f"-- {name}")
    if not (folder / "build.ninja").exists():
        shutil.rmtree(folder, ignore_errors=True)
        status, out = run([tool("meson"), "setup", folder, *options],
                          env=env)
        if status != 0:
            tally.fail(name, out)
            return False

    status, out = run([tool("ninja"), "-C", folder, "-j", jobs])
    if status != 0:
        tally.fail(name, errors_first(out))
        return False

    tally.ok(name)
    return True


def errors_first(out):
    lines = out.splitlines()
    bad = [line for line in lines if re.search(r"\berror\b|FAILED", line)]
    return "\n".join(bad[:50] or lines[-50:])


def build_asan(tally, jobs):
    return build(tally, "build with ASan and UBSan", ASAN,
                 ["-Db_sanitize=address,undefined", "-Db_lundef=false",
                  "-Dbuildtype=debug", "-Doptimization=1"], jobs=jobs)


# ------------------------------------------------------- cmocka programs

def listed_units():
    """The names in the lists of tests/unit, without doubles."""
    names = []
    for path in sorted((ROOT / "tests/unit").glob("*.list")):
        for line in path.read_text().splitlines():
            name = line.strip()
            if not name or name.startswith("#"):
                continue
            if not name.startswith("test_"):
                name = "test_" + name
            if name not in names:
                names.append(name)
    return names


def unlisted_units(names):
    here = {path.stem for path in (ROOT / "tests/unit").glob("test_*.c")}
    return sorted(here - set(names))


def flow_programs(folder):
    """Every program that the build made in tests/flow."""
    return sorted(path for path in (folder / "tests/flow").glob("*")
                  if path.is_file() and os.access(path, os.X_OK)
                  and path.suffix == "")


def read_tap(out):
    """[(name, 'ok' | 'not ok' | 'skip', what was said before)], plan."""
    cases, said, plan = [], [], None
    for line in out.splitlines():
        match = TAP.match(line)
        if match:
            state = "skip" if match.group(4) else match.group(1).lower()
            cases.append((match.group(3).strip(), state, "\n".join(said)))
            said = []
        elif PLAN.match(line):
            plan = (plan or 0) + int(PLAN.match(line).group(1))
        else:
            said.append(line)
    return cases, plan, "\n".join(said)


def count_program(tally, name, status, out):
    """One test case each, and one more if the program itself went wrong."""
    cases, plan, rest = read_tap(out)
    bad = 0
    for i, (case, state, said) in enumerate(cases):
        if state == "ok":
            tally.ok(f"{name}: {case}")
        elif state == "skip":
            tally.skip(f"{name}: {case}")
        else:
            bad += 1
            # cmocka says why a test failed after the line of the test
            later = cases[i + 1][2] if i + 1 < len(cases) else rest
            tally.fail(f"{name}: {case}", said + "\n" + later)

    if status is None:
        tally.fail(f"{name}: did not end in {PROGRAM_TIMEOUT} s", out)
    elif status < 0:
        tally.fail(f"{name}: died of signal {-status}", rest or out)
    elif status and not bad:
        tally.fail(f"{name}: exit status {status}", rest or out)
    elif plan is not None and len(cases) < plan:
        tally.fail(f"{name}: {len(cases)} of {plan} tests ran", rest or out)
    elif not cases:
        tally.fail(f"{name}: no test case ran", out)


def run_programs(tally, label, programs, jobs, env=None):
    say(f"-- {label}: {len(programs)} programs")
    env = {"CMOCKA_MESSAGE_OUTPUT": "TAP", **(env or {})}

    def one(path):
        return run([path], PROGRAM_TIMEOUT, env)

    with ThreadPoolExecutor(jobs) as pool:
        for path, (status, out) in zip(programs, pool.map(one, programs)):
            name = f"{label}: {path.name}"
            if status == 127 and not path.exists():
                tally.fail(f"{name}: was not built")
            else:
                count_program(tally, name, status, out)


def run_units(tally, label, folder, jobs, env=None):
    names = listed_units()
    for name in unlisted_units(names):
        tally.fail(f"{label}: {name}: stands in no tests/unit/*.list")
    run_programs(tally, label, [folder / "tests/unit" / n for n in names],
                 jobs, env)


def run_flows(tally, label, folder, env=None):
    """One at a time: they use the wire of the loopback and the clock."""
    programs = flow_programs(folder)
    if programs:
        run_programs(tally, label, programs, 1, env)


# ------------------------------------------------------------ other steps

def run_check(tally, name, argv):
    status, out = run(argv, 60)
    if status == 0:
        tally.ok(name)
    else:
        tally.fail(name, out)


def step_checks(tally, _args):
    say("-- checks")
    script = ROOT / "tests/check_layers.py"
    run_check(tally, "check: includes go downwards only",
              [sys.executable, script, "layers"])
    run_check(tally, "check: no banned function",
              [sys.executable, script, "banned"])
    run_check(tally, "check: every application and function has a golden row",
              [sys.executable, ROOT / "tests/check_golden.py"])
    run_check(tally, "check: every promise of docs/security.md has its test",
              [sys.executable, ROOT / "tests/check_promises.py"])


def step_symbols(tally, _args):
    run_check(tally, "check: the program exports no symbol",
              ["bash", ROOT / "tests/check_symbols.sh", RELEASE / "tandem"])


def step_build(tally, args):
    if not build(tally, "release build", RELEASE, jobs=args.jobs):
        return False
    run_check(tally, "check: the manual is as the tables are",
              ["bash", ROOT / "docs/update.sh", "--check",
               RELEASE / "docs/mkdocs"])
    return True


def step_asan(tally, args):
    if not build_asan(tally, args.jobs):
        return
    run_units(tally, "asan unit", ASAN, args.jobs, SANITIZER_ENV)
    run_flows(tally, "asan flow", ASAN, SANITIZER_ENV)


def step_bench(tally, _args):
    """That the benches run and have figures, not which."""
    script = ROOT / "tests/bench/run.py"
    if script.exists():
        say("-- bench")
        count_program(tally, "bench", *run(
            [sys.executable, script, "--smoke", "--build", RELEASE],
            PROGRAM_TIMEOUT))


def step_fuzz(tally, args):
    """Each target reads its whole corpus once."""
    if not (ROOT / "tests/fuzz/meson.build").exists():
        return
    if not shutil.which("clang"):
        tally.fail("fuzz: clang is missing")
        return
    if not build(tally, "build of the fuzz targets", FUZZ,
                 ["-Dfuzz=true", "-Db_sanitize=address,undefined",
                  "-Db_lundef=false", "-Dbuildtype=debug",
                  "-Doptimization=1"], {"CC": "clang"}, args.jobs):
        return

    for path in sorted((FUZZ / "tests/fuzz").glob("fuzz_*")):
        if not path.is_file() or path.suffix:
            continue
        name = path.name[len("fuzz_"):]
        corpus = ROOT / "tests/fuzz/corpus" / name
        if not corpus.is_dir() or not any(corpus.iterdir()):
            tally.fail(f"fuzz: {path.name}: no corpus in {corpus.name}/")
            continue
        status, out = run([path, "-runs=0", corpus], PROGRAM_TIMEOUT,
                          SANITIZER_ENV)
        if status == 0:
            tally.ok(f"fuzz: {path.name}")
        else:
            tally.fail(f"fuzz: {path.name}: status {status}", out)


def pytest_argv(report):
    return [tool("python3"), "-m", "pytest", "-q", "-p", "no:cacheprovider",
            f"--rootdir={ROOT / 'tests/scenario'}", f"--junitxml={report}",
            str(ROOT / "tests/scenario")]


def step_scenario(tally, args):
    """pytest speaks for itself; we count from its reports.  Each of several
    processes takes its share of the tests (SHARD, see conftest.py).  They
    wait more than they work: there is one more of them than of the others."""
    if not list((ROOT / "tests/scenario").rglob("test_*.py")):
        return
    say("-- scenario")
    RELEASE.mkdir(exist_ok=True)
    shards = [(number, RELEASE / f"scenario-{number}.xml")
              for number in range(1, args.jobs + 2)]

    def one(shard):
        number, report = shard
        report.unlink(missing_ok=True)
        return run(pytest_argv(report), SCENARIO_TIMEOUT, {
            "TANDEM": str(RELEASE / "tandem"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SHARD": f"{number}/{len(shards)}"})

    with ThreadPoolExecutor(len(shards)) as pool:
        for (_, report), (status, out) in zip(shards, pool.map(one, shards)):
            if status is None:
                tally.fail(f"scenario: did not end in {SCENARIO_TIMEOUT} s",
                           out)
                continue
            if status:
                say(out)
            count_junit(tally, report, status)


def count_junit(tally, report, status):
    try:
        cases = list(ET.parse(report).iter("testcase"))
    except (OSError, ET.ParseError) as exc:
        tally.fail(f"scenario: pytest ended with {status}", str(exc))
        return

    bad = 0
    for case in cases:
        name = "scenario: {}::{}".format(
            case.get("classname", ""), case.get("name", ""))
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            bad += 1
            tally.fail(name)
        elif "skipped" in kinds:
            tally.skip(name, case.find("skipped").get("message", ""))
        else:
            tally.ok(name)

    if status and not bad:
        tally.fail(f"scenario: pytest ended with {status}")


def run_steps(tally, args):
    steps = args.steps or STEPS
    need_build = {"build", "symbols", "unit", "flow", "bench", "scenario"}

    if "checks" in steps:
        step_checks(tally, args)

    # what is already counted as failed need not be run
    built = True
    if need_build & set(steps):
        built = step_build(tally, args)
    if built and "symbols" in steps:
        step_symbols(tally, args)
    if built and "unit" in steps:
        run_units(tally, "unit", RELEASE, args.jobs)
    if built and "flow" in steps:
        run_flows(tally, "flow", RELEASE)
    if built and "bench" in steps:
        step_bench(tally, args)
    if "fuzz" in steps:
        step_fuzz(tally, args)
    if built and "scenario" in steps:
        step_scenario(tally, args)
    if "asan" in steps:
        step_asan(tally, args)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-v", "--verbose", action="store_true",
                        help="name what passed too")
    parser.add_argument("-j", "--jobs", type=int,
                        default=len(os.sched_getaffinity(0)))
    parser.add_argument("--broken", action="append", default=[],
                        metavar="NAME", help="count one failure before")
    parser.add_argument("steps", nargs="*", metavar="STEP")
    args = parser.parse_args()
    for step in args.steps:
        if step not in STEPS:
            parser.error(f"no step {step}; there are {', '.join(STEPS)}")

    begin = time.monotonic()
    tally = Tally(args.verbose)
    for name in args.broken:
        tally.fail(name)

    try:
        run_steps(tally, args)
    except KeyboardInterrupt:
        tally.fail("interrupted")

    if tally.failures:
        say("\nfailed:")
        for name in tally.failures:
            say(f"  {name}")
    say(f"\nin {time.monotonic() - begin:.0f} s")
    tally.summary()
    return 0 if tally.passed and not tally.failures else 1


if __name__ == "__main__":
    sys.exit(main())
