"""A private server, and the cost of a program that uses it: wall time, CPU seconds and memory of both."""
import os
import subprocess
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLUSTER = os.path.join(ROOT, "test/tools/cluster.sh")
PG_CONFIG = os.environ.get("PG_CONFIG", "pg_config")
BINDIR = subprocess.run([PG_CONFIG, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
TICKS = os.sysconf("SC_CLK_TCK")

SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB", "min_wal_size": "4GB", "autovacuum": "off"}


class Skipped(Exception):
    """What was to be measured is not there; the text says why."""


class Server:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="pg_xlsx-bench.")
        os.chmod(self.directory, 0o711)
        settings = "".join(f"{name} = {value}\n" for name, value in SETTINGS.items())
        subprocess.run([CLUSTER, "start", self.directory + "/cluster"], input=settings, text=True, check=True)
        self.environment = dict(os.environ, PGDATABASE="postgres", PATH=BINDIR + ":" + os.environ["PATH"],
                                **dict(line.strip().split("=") for line in open(self.directory + "/cluster/env")))

    def touch_buffers(self):
        """All of shared_buffers, as a server that has run for a while: the kernel clears memory when it is touched first."""
        self.sql("""CREATE UNLOGGED TABLE touched (page text); ALTER TABLE touched ALTER page SET STORAGE PLAIN;
INSERT INTO touched SELECT repeat('x', 7900) FROM generate_series(1, (SELECT setting::int FROM pg_settings WHERE name = 'shared_buffers') + 1000);
DROP TABLE touched; CHECKPOINT""")

    def path(self, name):
        """A file that the server's user can read, too."""
        return os.path.join(self.directory, name)

    def sql(self, statement):
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1"], input=statement, text=True, env=self.environment,
                              capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def postmaster(self):
        return int(open(self.directory + "/cluster/data/postmaster.pid").readline())

    def remove(self):
        subprocess.run([CLUSTER, "remove", self.directory + "/cluster"], stderr=subprocess.DEVNULL)
        subprocess.run(["rm", "-rf", self.directory])


def children(pid):
    try:
        return [int(child) for child in open(f"/proc/{pid}/task/{pid}/children").read().split()]
    except OSError:
        return []


def family(pid):
    return [pid] + [member for child in children(pid) for member in family(child)]


def cpu_ticks(pid):
    """Own and of children that have ended."""
    try:
        fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11:15])


def memory_kb(pid, key):
    try:
        for line in open(f"/proc/{pid}/status"):
            if line.startswith(key + ":"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


class Watch:
    """Samples memory while something runs: private memory of new backends, all memory of the client and its children."""

    def __init__(self, server, client):
        self.postmaster = server.postmaster()
        self.idle = set(children(self.postmaster))
        self.client = client
        self.backend_kb = self.client_kb = 0
        self.backends = set()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.sample)
        self.thread.start()

    def sample(self):
        while not self.ended.wait(0.02):
            backends = set(children(self.postmaster)) - self.idle
            self.backends |= backends
            self.backend_kb = max([self.backend_kb] + [memory_kb(pid, "RssAnon") for pid in backends])
            self.client_kb = max(self.client_kb, sum(memory_kb(pid, "VmRSS") for pid in family(self.client)))

    def end(self):
        self.ended.set()
        self.thread.join()


def server_ticks(server):
    return sum(cpu_ticks(pid) for pid in family(server.postmaster()))


def run(server, command, stdin=None):
    """Runs a command (a list, or a shell line) beside the server; what it cost."""
    before = server_ticks(server)
    began = time.monotonic()
    process = subprocess.Popen(command, shell=isinstance(command, str), executable="/bin/bash" if isinstance(command, str) else None,
                               env=server.environment, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    watch = Watch(server, process.pid)
    if stdin is not None:
        process.stdin.write(stdin)
        process.stdin.close()
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = status
    watch.end()
    time.sleep(0.05)            # a backend that ends is counted when the postmaster has reaped it
    if status != 0:
        raise RuntimeError(f"{command}: {output[-1000:]}")
    return {"wall": wall, "client_cpu": used.ru_utime + used.ru_stime, "server_cpu": (server_ticks(server) - before) / TICKS,
            "client_mb": max(watch.client_kb, used.ru_maxrss) / 1024, "server_mb": watch.backend_kb / 1024, "backends": watch.backends, "output": output.strip()}
