"""The machine that the figures are of."""

import datetime
import os
import pathlib
import platform
import re
import subprocess
import time

from processes import cpu_of_machine


def describe(bearerd):
    """What stands above the tables."""
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    system = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text())
    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor[1] if processor else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": f"{int(memory[1]) / 2**20:.0f} GiB",
        "system": f"{system[1]}, Linux {platform.release()}" + (", virtual" if is_virtual() else ""),
        "others": f"{100 * share_of_others():.0f} %",
        "versions": ", ".join(filter(None, [
            version(bearerd, "--version", pattern=r"(\d\S*)", name="bearerd"),
            version("nginx", "-v", pattern=r"nginx/(\S+)", name="nginx"),
            version("go", "version", pattern=r"go(\d\S+)", name="Go"),
            version("/usr/bin/python3", "--version", pattern=r"(\d\S+)", name="Python"),
            version("uwsgi", "--version", pattern=r"(\d\S+)", name="uWSGI"),
            version("cc", "--version", pattern=r"(\d+\.\d+\.\d+)", name="gcc"),
            version("swiftc", "--version", pattern=r"Swift version (\S+)", name="Swift"),
            version("wrk", "-v", pattern=r"(\d\.[\d.]*\d)", name="wrk"),
        ])),
    }


def share_of_others():
    """Of the cores' time, while nothing is measured: a busy machine's figures are of little use."""
    before = cpu_of_machine()
    time.sleep(1)
    return (cpu_of_machine() - before) / len(os.sched_getaffinity(0))


def is_virtual():
    return " hypervisor" in pathlib.Path("/proc/cpuinfo").read_text()


def version(*command, pattern, name):
    """The name with its version, or nothing where it is not here."""
    try:
        said = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    found = re.search(pattern, said.stdout + said.stderr)
    return f"{name} {found[1]}" if found else name
