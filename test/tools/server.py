"""A private PostgreSQL server for tests in Python."""
import os
import subprocess
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
CLUSTER = os.path.join(ROOT, "test/tools/cluster.sh")


class Server:
    """Runs until remove(). settings: lines of postgresql.conf."""

    def __init__(self, name, settings=""):
        self.directory = tempfile.mkdtemp(prefix=f"pg_xlsx-{name}.")
        subprocess.run([CLUSTER, "start", self.directory], input=settings, text=True, check=True)
        self.env = {**os.environ, **dict(line.strip().split("=") for line in open(f"{self.directory}/env"))}

    def sql(self, script):
        """The last line of what it prints, fields apart by "|"."""
        done = subprocess.run(["psql", "-XAtq", "-d", "postgres", "-v", "ON_ERROR_STOP=1"], input=script, capture_output=True,
                              text=True, env=self.env)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return (done.stdout.strip().splitlines() or [""])[-1]

    def session(self):
        return Session(self.env)

    def remove(self):
        subprocess.run([CLUSTER, "remove", self.directory], stderr=subprocess.DEVNULL)


class Session:
    """One connection for many scripts, each of which is answered as by Server.sql."""

    DONE = "-- that is all --"

    def __init__(self, env):
        self.psql = subprocess.Popen(["psql", "-XAtq", "-d", "postgres"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, text=True, env=env)

    def sql(self, script):
        self.psql.stdin.write(f"{script}\n;\n\\echo {self.DONE}\n")
        self.psql.stdin.flush()
        lines = []
        for line in self.psql.stdout:
            if line.strip() == self.DONE:
                break
            lines.append(line.rstrip("\n"))
        if any("ERROR:" in line or "FATAL:" in line for line in lines):
            raise RuntimeError("\n".join(lines))
        return ([line for line in lines if line] or [""])[-1]

    def close(self):
        self.psql.communicate("\\q\n")
