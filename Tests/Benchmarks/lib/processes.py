"""Programs that are started and stopped here, and what they take of the machine."""

import os
import pathlib
import signal
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Program:
    """Runs until `stop`, or until the `with` ends; what it says goes to a file of its name."""

    def __init__(self, name, command, directory, environment=None, stdin=None):
        self.log = directory / f"{name}.log"
        with self.log.open("a") as log, open(stdin or os.devnull) as given:
            self.process = subprocess.Popen(
                command, stdin=given, stdout=log, stderr=log, cwd=directory, start_new_session=True,
                # nginx's user must reach their sockets.
                umask=0, env=os.environ | (environment or {}))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Asks first, and insists after three seconds; of those that it started, none is left."""
        children = self.tree()
        for insists in [signal.SIGTERM, signal.SIGKILL]:
            for pid in children:
                try:
                    os.kill(pid, insists)
                except ProcessLookupError:
                    pass
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                pass

    def tree(self):
        """It and all that descend from it."""
        found = [self.process.pid]
        for pid in found:
            try:
                for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                    found += map(int, (task / "children").read_text().split())
            except (FileNotFoundError, ProcessLookupError):
                pass
        return found

    def cpu(self):
        """Processor time until now, of all its processes and of those that ended, in seconds."""
        return sum(map(cpu_of, self.tree()))

    def resident(self):
        """VmRSS of all its processes, in bytes. Pages that they share count for each."""
        return sum(map(resident_of, self.tree()))

    def said(self):
        return self.log.read_text()[-600:]


def cpu_of(pid):
    """To the nanosecond for the process itself, with threads that are gone; to the tick for children that it waited for."""
    try:
        # clock_getcpuclockid(3): the clock of another process.
        own = time.clock_gettime((~pid << 3) | 2)
        # The name in brackets may hold spaces.
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return own + (int(fields[13]) + int(fields[14])) / TICKS
    except (OSError, ProcessLookupError):
        return 0


def cpu_of_machine():
    """Processor time until now, of all that ran, in seconds."""
    user, nice, system, _, _, irq, softirq, *_ = pathlib.Path("/proc/stat").read_text().split(maxsplit=9)[1:8]
    return sum(map(int, [user, nice, system, irq, softirq])) / TICKS


def resident_of(pid):
    return memory_of(pid, "VmRSS:")


def private_of(pid):
    return memory_of(pid, "RssAnon:")


def memory_of(pid, field):
    """One of the lines of /proc/PID/status that are in kB, in bytes."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0
