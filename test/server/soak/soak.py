#!/usr/bin/env python3
"""A server with small and large imports, the sidecar with clients, and retention, for a while: nothing may grow.

usage: soak.py [MINUTES]

30 minutes by default. Clients upload small and large workbooks by REST, read lists, errors and metrics, and hear event streams;
sessions submit, undo and delete. What is kept goes after half a minute. Samples are taken every few seconds: own memory and open
files of each process, sizes of the private tables, connections, and the age of the oldest snapshot. After the first sixth of the
time (five minutes of thirty) they must stay as they are: the second half of the samples is compared with the first.
"""
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))
from server import ROOT, Server

SETTINGS = """fsync = off
shared_buffers = 128MB
max_worker_processes = 20
autovacuum_naptime = 5s
pg_xlsx.max_workers = 3
pg_xlsx.upload_ttl = 30s
pg_xlsx.keep_tasks = 30s
pg_xlsx.keep_errors = 20s
pg_xlsx.keep_undo = 20s
pg_xlsx.keep_old_rows = 20s
pg_xlsx.keep_audit = 30s
"""

SETUP = """
CREATE EXTENSION pg_xlsx;
CREATE ROLE sidecar LOGIN IN ROLE xlsx_notifier, xlsx_user;
CREATE TABLE people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
CREATE TABLE members (name text NOT NULL, gender text NOT NULL, bio_id text PRIMARY KEY);
GRANT ALL ON people, members TO sidecar;
SELECT xlsx.create_profile('people', 'people', task_column => 'task_id', headers => '{"bio_id": "Bio-ID"}'),
  xlsx.create_profile('members', 'members', headers => '{"bio_id": "Bio-ID"}');
SELECT xlsx.alter_profile('members', mode => 'upsert', key_columns => '{bio_id}', keep_old => true);
CREATE TABLE book (data bytea);
"""

SAMPLE = """SELECT json_build_object(
  'processes', (SELECT json_agg(json_build_array(pid, coalesce(nullif(backend_type, 'client backend'), 'session of ' || coalesce(application_name, '')))) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid()),
  'connections', (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
  'snapshot', (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - coalesce(xact_start, backend_start))), 0) FROM pg_stat_activity
    WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()),
  'tables', (SELECT json_object_agg(relname, pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'xlsx_private'::regnamespace AND relkind = 'r'),
  'tasks', (SELECT count(*) FROM xlsx_private.task), 'ended', (SELECT sum(ended) FROM xlsx_private.tally))"""

MB = 1024 * 1024


class Sidecar:
    def __init__(self, server):
        address = f"postgresql://sidecar@{server.env['PGHOST']}:{server.env['PGPORT']}/postgres?application_name=sidecar"
        self.process = subprocess.Popen([ROOT + "/build/pg_xlsx_notifier", "--database-url", address, "--port", "0", "--log-level", "error"],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Client(threading.Thread):
    """Repeats an action until the end. What fails is an error of the soak, once."""

    def __init__(self, soak, action, pause):
        super().__init__(daemon=True)
        self.soak, self.action, self.pause = soak, action, pause
        self.start()

    def run(self):
        while not self.soak.over.wait(self.pause):
            try:
                self.action()
                self.soak.actions[self.action.__name__] = self.soak.actions.get(self.action.__name__, 0) + 1
            except Exception as error:              # pylint: disable=broad-except
                if not self.soak.over.is_set():
                    self.soak.errors.setdefault(self.action.__name__, repr(error)[:300])


class Soak:
    def __init__(self, minutes):
        self.seconds = minutes * 60
        self.over = threading.Event()
        self.errors, self.actions, self.samples = {}, {}, []
        self.server = Server("soak", SETTINGS)
        self.server.sql(SETUP)
        self.small = self.book(20, 10)
        self.large = self.book(20000, 5)
        self.server.sql(f"INSERT INTO book VALUES (decode('{self.small.hex()}', 'hex'))")
        self.sidecar = Sidecar(self.server)
        while self.get("/readyz")[0] != 200:
            time.sleep(0.1)

    def book(self, rows, errors):
        path = os.path.join(self.server.directory, "soak.xlsx")
        subprocess.run([ROOT + "/build/makebook", "-r", str(rows), "-e", str(errors), path], check=True)
        return open(path, "rb").read()

    # ---- what clients do ----

    def get(self, path, method="GET", body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.sidecar.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def upload(self, data, profile):
        boundary = uuid.uuid4().hex
        body = (f'--{boundary}\r\nContent-Disposition: form-data; name="profile"\r\n\r\n{profile}\r\n--{boundary}\r\n'
                f'Content-Disposition: form-data; name="file"; filename="soak.xlsx"\r\n\r\n').encode() + data + f"\r\n--{boundary}--\r\n".encode()
        status, answer = self.get("/upload-xlsx/upload", "POST", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        if status != 201:
            raise RuntimeError(f"upload: {status} {answer}")
        return json.loads(answer)["taskId"]

    def upload_small(self):
        self.upload(self.small, "people")
        self.upload(self.small, "members")

    def upload_large(self):
        task = self.upload(self.large, "people")
        self.hear(f"/upload-xlsx/tasks/{task}/events")

    def hear(self, path):
        """An event stream, to its end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.sidecar.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            while answer.readline():
                if self.over.is_set():
                    break
        finally:
            connection.close()

    def read(self):
        for path in ("/upload-xlsx/tasks", "/upload-xlsx/tasks?status=HAS_ERRORS&page=2", "/upload-xlsx/profiles", "/metrics"):
            status, _ = self.get(path)
            if status != 200:
                raise RuntimeError(f"{path}: {status}")
        for task in json.loads(self.get("/upload-xlsx/tasks?limit=3")[1])["data"]:
            status, _ = self.get(f"/upload-xlsx/tasks/{task['id']}/errors?after=0")
            if status not in (200, 404):            # it may have expired meanwhile
                raise RuntimeError(f"errors: {status}")

    def change(self):
        """An undo and a delete, unless the task or what undo needs has expired before."""
        task = self.server.sql("SELECT xlsx.submit('people', data) FROM book")
        try:
            self.server.sql(f"SELECT xlsx.wait({task}, '30 s'); SELECT xlsx.undo({task}); SELECT xlsx.delete({task})")
        except RuntimeError as error:
            if "does not exist" not in str(error) and "is not known any more" not in str(error):
                raise

    def empty_targets(self):
        self.server.sql("TRUNCATE people; DELETE FROM members")

    # ---- samples ----

    def sample(self):
        found = json.loads(self.server.sql(SAMPLE))
        pids = [(pid, name) for pid, name in found.pop("processes")] + [(self.sidecar.process.pid, "sidecar")]
        found["memory"], found["files"] = {}, {}
        for pid, name in pids:
            try:
                with open(f"/proc/{pid}/smaps_rollup") as lines:
                    memory = sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous")) * 1024
                files = len(os.listdir(f"/proc/{pid}/fd"))
            except (FileNotFoundError, ProcessLookupError):
                continue                            # it has just ended
            found["memory"][name] = max(memory, found["memory"].get(name, 0))
            found["files"][name] = max(files, found["files"].get(name, 0))
        self.samples.append(found)

    def run(self):
        Client(self, self.upload_small, 0.2)
        Client(self, self.upload_large, 5)
        Client(self, self.read, 0.1)
        Client(self, self.read, 0.3)
        Client(self, self.change, 1)
        Client(self, self.empty_targets, 10)
        began = time.monotonic()
        every = max(2.0, self.seconds / 180)
        while time.monotonic() - began < self.seconds:
            time.sleep(every)
            self.sample()
        self.over.set()

    # ---- judgement ----

    def series(self):
        """(name, values, what may be added by chance)"""
        settled = self.samples[len(self.samples) // 6:]
        for what, slack in (("memory", 3 * MB), ("files", 16)):
            for name in sorted({name for found in settled for name in found[what]}):
                yield f"{what} of {name}", [found[what][name] for found in settled if name in found[what]], slack
        for name in sorted(settled[0]["tables"]):
            yield f"table {name}", [found["tables"][name] for found in settled], 2 * MB
        for name, slack in (("connections", 2), ("snapshot", 30), ("tasks", 50)):
            yield name, [found[name] for found in settled], slack

    def judge(self):
        """What is wrong, in words."""
        wrong = [f"{name}: {error}" for name, error in self.errors.items()]
        checks = len(self.actions)
        for name, values, slack in self.series():
            half = len(values) // 2
            if half < 5:
                continue                            # a process that is seldom there
            before, after = statistics.median(values[:half]), statistics.median(values[half:])
            checks += 1
            grows = after > 1.2 * before + slack
            if grows or name.startswith(("memory", "connections", "snapshot", "tasks")) or max(values) > MB:
                print(f"{name:45} {before:14,.0f} {after:14,.0f} {max(values):14,.0f}")
            if grows:
                wrong.append(f"{name} was {before:,.0f}, and is {after:,.0f}")
        for name in ("upload_small", "upload_large", "read", "change", "empty_targets"):
            if name not in self.actions:
                wrong.append(f"{name} was never done")
        print(f"{self.samples[-1]['ended']:,.0f} tasks ended; " + ", ".join(f"{name} {count}" for name, count in sorted(self.actions.items())))
        return checks, wrong

    def remove(self):
        self.over.set()
        self.sidecar.stop()
        self.server.remove()


def main(minutes="30"):
    soak = Soak(float(minutes))
    try:
        soak.run()
        checks, wrong = soak.judge()
    finally:
        soak.remove()
    print("\n".join(wrong + [f"{checks - min(len(wrong), checks)} passed, {len(wrong)} failed, 0 skipped"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
