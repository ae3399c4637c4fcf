"""The processes that torture.py starts, kills and restarts."""
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
CLUSTER = os.path.join(ROOT, "test/tools/cluster.sh")
PATIENCE = 120          # seconds until something counts as hanging

SETTINGS = """
fsync = off
log_min_messages = fatal
max_worker_processes = 16
pg_xlsx.retry_delay = 200ms
pg_xlsx.redis_timeout = 500ms
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="pg_xlsx-torture.")
        self.start()

    def start(self):
        deadline = time.monotonic() + PATIENCE
        # After the postmaster was killed its orphans hold the shared memory until they notice.
        while subprocess.run([CLUSTER, "start", self.directory] + self.port(), input=SETTINGS, text=True,
                             stderr=subprocess.DEVNULL).returncode != 0:
            if time.monotonic() > deadline:
                sys.exit("the server does not start")

    def port(self):
        try:
            return [dict(line.strip().split("=") for line in open(f"{self.directory}/env"))["PGPORT"]]
        except FileNotFoundError:
            return []

    def sql(self, statement, check=True):
        done = subprocess.run(["psql", "-XAtq", "-h", "127.0.0.1", "-p", self.port()[0], "-U", "postgres", "-d", "postgres",
                               "-v", "ON_ERROR_STOP=1", "-c", statement], capture_output=True, text=True)
        if check and done.returncode != 0:
            raise ConnectionError(done.stderr)
        return done.stdout.strip()

    def patient_sql(self, statement):
        """For when the server may be on its way up."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.sql(statement)
            except ConnectionError:
                if time.monotonic() > deadline:
                    raise

    def processes(self, kind):
        return [int(pid) for pid in self.sql(f"SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_xlsx {kind}'",
                                             check=False).split()]

    def restart(self, mode):
        subprocess.run([CLUSTER, "stop", self.directory, mode], check=True)
        self.start()

    def kill(self):
        os.kill(int(open(f"{self.directory}/data/postmaster.pid").readline()), signal.SIGKILL)
        self.start()

    def remove(self):
        subprocess.run([CLUSTER, "remove", self.directory], stderr=subprocess.DEVNULL)


class Redis:
    """Keeps its data on disk, so that a kill loses nothing that it has acknowledged."""

    def __init__(self, directory):
        self.directory = os.path.join(directory, "redis")
        os.mkdir(self.directory)
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/1"
        self.start()

    def start(self):
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--appendonly", "yes", "--save", "",
                                         "--dir", self.directory], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "Ready to accept connections" in line:
                return
        sys.exit("redis-server does not start")

    def restart(self):
        self.stop()
        self.start()

    def stop(self):
        self.process.kill()
        self.process.wait()


class Notifier:
    def __init__(self, server):
        self.server = server
        self.process = None
        self.start()

    def start(self):
        url = f"postgresql://postgres@127.0.0.1:{self.server.port()[0]}/postgres"
        self.process = subprocess.Popen([os.path.join(ROOT, "build/pg_xlsx_notifier"), "--port=0", f"--database-url={url}", "--allow-superuser=on"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        words = self.process.stdout.readline().split()
        if not words:
            sys.exit("the sidecar does not start")
        self.url = words[-1]

    def ensure(self):
        if self.process.poll() is not None:
            self.start()

    def restart(self):
        self.stop()
        self.start()

    def stop(self):
        self.process.kill()
        self.process.wait()

    def upload(self, path, fields, slowly=False):
        """A running curl; its output is the answer. Slowly: about a second."""
        command = ["curl", "-s", "-F", f"file=@{path}"]
        for name, value in fields.items():
            command += ["-F", f"{name}={value}"]
        if slowly:
            command += ["--limit-rate", str(os.path.getsize(path))]
        return subprocess.Popen(command + [f"{self.url}/upload-xlsx/upload"], stdout=subprocess.PIPE, text=True)
