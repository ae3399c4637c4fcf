#!/usr/bin/env python3
"""Tests `make && make install` as a packager and an operator use it; ends with "N passed, N failed, N skipped".

Installs a copy of the tree, built without npm, into a folder: first without access to npm, node and
the network, then with a page, repeatedly, while a sidecar serves the installed files.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORBIDDEN = ["npm", "npx", "node", "nodejs", "curl", "wget", "git"]
failures, passed = [], 0


def check(name, holds, detail=""):
    global passed
    if holds:
        passed += 1
    else:
        failures.append(f"{name}\n{detail}".rstrip())


def config(option):
    return subprocess.check_output([os.environ.get("PG_CONFIG", "pg_config"), option], text=True).strip()


class Tree:
    """The copy, and the folder that it is installed into."""

    def __init__(self, directory):
        self.source, self.target, self.stubs = (directory / name for name in ("source", "target", "stubs"))
        self.called = directory / "called"
        shutil.copytree(ROOT, self.source, symlinks=True, ignore=self.left_out)
        self.stubs.mkdir()
        for name in FORBIDDEN:
            (self.stubs / name).write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.called}"\nexit 1\n')
            (self.stubs / name).chmod(0o755)
        self.web = self.inside(config("--sharedir")) / "pg_xlsx/web"
        self.docs = self.inside(config("--sharedir")) / "pg_xlsx_notifier/docs"
        self.program = self.inside(config("--bindir")) / "pg_xlsx_notifier"
        self.library = self.inside(config("--pkglibdir")) / "pg_xlsx.so"
        self.extension = self.inside(config("--sharedir")) / "extension"

    @staticmethod
    def left_out(folder, names):
        top = pathlib.Path(folder)
        gone = {"node_modules", ".git", ".demo"}
        if top == ROOT / "build":
            gone |= {"web", "notifier-docs", "tap", "regress", "check", "fuzz", "page", "versions"}
        return gone & set(names)

    def inside(self, path):
        return self.target / path.lstrip("/")

    def make(self, *arguments):
        # Root can take the network away; the stubs tell who would have used it.
        alone = ["unshare", "-n"] if subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL).returncode == 0 else []
        environment = dict(os.environ, PATH=f"{self.stubs}:{os.environ['PATH']}")
        for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
            environment.pop(name, None)
        result = subprocess.run([*alone, "make", *arguments, f"DESTDIR={self.target}"], cwd=self.source, env=environment,
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return result.returncode, result.stdout

    def build_page(self, name):
        """What `make page` leaves behind, as far as an installation looks at it."""
        web, docs = self.source / "build/web", self.source / "build/notifier-docs"
        shutil.rmtree(web, ignore_errors=True)
        shutil.rmtree(docs, ignore_errors=True)
        (web / "assets").mkdir(parents=True)
        docs.mkdir(parents=True)
        (web / "assets" / f"{name}.js").write_text(f"// {name}")
        (web / "index.html").write_text(f'<script src="/assets/{name}.js"></script>')
        (docs / "index.html").write_text(name)
        (docs / ".done").touch()

    def remove_page(self):
        shutil.rmtree(self.source / "build/web", ignore_errors=True)
        shutil.rmtree(self.source / "build/notifier-docs", ignore_errors=True)


def without_npm(tree):
    status, output = tree.make("all")
    check("make needs neither npm nor node nor the network", status == 0 and not tree.called.exists(), output[-2000:])
    status, output = tree.make("install")
    called = tree.called.read_text() if tree.called.exists() else ""
    check("make install needs neither npm nor node nor the network", status == 0 and called == "", called + output[-2000:])
    for path in (tree.program, tree.library, tree.extension / "pg_xlsx.control"):
        check(f"it installs {path.name}", path.is_file())
    lines = [line for line in output.splitlines() if line.startswith("install:")]
    check("it says in one line each what is left out", lines == [
        "install: without the page, which 'make page' builds with npm",
        "install: without Swagger UI for /docs, which 'make page' fetches with npm"], "\n".join(lines))
    check("it makes no folder for what is left out", not tree.web.exists() and not tree.docs.exists())
    left = [path for path in tree.target.rglob(".new.*")]
    check("it leaves no half-written file", left == [], str(left))


class Sidecar:
    """The installed program serving the installed page; it needs no database for that."""

    def __init__(self, tree):
        self.process = subprocess.Popen(
            [tree.program, "--database-url=postgresql://nobody@127.0.0.1:1/none", "--port=0", f"--web-root={tree.web}", f"--docs-root={tree.docs}"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def get(self, path):
        try:
            with urllib.request.urlopen(self.url + path) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Watch(threading.Thread):
    """Looks all the time, and keeps what it saw that nobody may see."""

    def __init__(self, look):
        super().__init__()
        self.look, self.seen, self.looks, self.ended = look, [], 0, False
        self.start()

    def run(self):
        while not self.ended:
            wrong = self.look()
            self.looks += 1
            if wrong:
                self.seen.append(wrong)

    def end(self):
        self.ended = True
        self.join()
        return self.seen


def size_watch(path):
    size = path.stat().st_size

    def look():
        try:
            found = path.stat().st_size
        except FileNotFoundError:
            return f"{path.name} is not there"
        return found != size and f"{path.name} has {found} bytes"
    return Watch(look)


def page_watch(sidecar):
    def look():
        status, _ = sidecar.get("/")
        return status != 200 and f"GET /: {status}"
    return Watch(look)


def beside_a_sidecar(tree):
    tree.build_page("first")
    status, output = tree.make("install")
    check("a page that was built is installed", status == 0 and (tree.web / "assets/first.js").is_file(), output[-2000:])
    check("and nothing is said to be left out", "install: without" not in output, output)
    check("nor are the marks of the build installed", not list(tree.docs.glob(".*")))
    sidecar = Sidecar(tree)
    try:
        check("a sidecar serves the page", sidecar.get("/assets/first.js") == (200, "// first"))
        watches = [page_watch(sidecar), size_watch(tree.library), size_watch(tree.program)]
        for name in ("second", "third", "fourth"):
            tree.build_page(name)
            tree.make("install")
        seen = [wrong for watch in watches for wrong in watch.end()]
        check("whoever looks during an installation finds page, library and program whole", seen == [], str(seen[:5]))
        check("the new page is served at once", sidecar.get("/") == (200, '<script src="/assets/fourth.js"></script>')
              and sidecar.get("/assets/fourth.js")[0] == 200 and sidecar.get("/docs/") == (200, "fourth"))
        check("the scripts of the old one are gone", sorted(path.name for path in (tree.web / "assets").iterdir()) == ["fourth.js"])
        tree.remove_page()
        tree.make("install")
        check("an installation without a page leaves the one that is there", sidecar.get("/")[0] == 200)
        # As a package manager may do it.
        os.rename(tree.web, tree.web.with_name("old"))
        shutil.copytree(tree.web.with_name("old"), tree.web)
        shutil.rmtree(tree.web.with_name("old"))
        check("another folder in the place of the page is served", sidecar.get("/")[0] == 200)
    finally:
        sidecar.stop()


def main():
    directory = pathlib.Path(tempfile.mkdtemp(prefix="pg_xlsx_install."))
    try:
        tree = Tree(directory)
        without_npm(tree)
        beside_a_sidecar(tree)
    finally:
        shutil.rmtree(directory)
    for failure in failures:
        print("not ok:", failure)
    print(f"{passed} passed, {len(failures)} failed, 0 skipped")
    return 1 if failures else 0


sys.exit(main())
