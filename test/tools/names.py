#!/usr/bin/env python3
"""Checks that what the documentation names exists; prints nothing when it does.

* Relative links of README.md, CONTRIBUTING.md, CHANGELOG.md and docs/ lead to a file, and to a heading of it where they name one.
* The files and folders that docs/code.md and CONTRIBUTING.md name exist.
* Where docs/code.md names a function or a table behind a file, it is in that file; the memory contexts that it names are in the code.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted((ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A name of a file, or of a folder with the slash behind it, in backquotes.
NAMED = re.compile(r"`([\w./*-]+(?:\.(?:c|h|py|pl|sh|js|ts|tsx|sql|md|mk|json|txt|spec)|/))`")
# What is built, lies outside of the tree, or is PostgreSQL's.
BUILT = re.compile(r"^(build/|\.demo|\.\./|postgres\.h$)")
FENCED = re.compile(r"^```.*?^```$", re.M | re.S)


def slug(heading):
    """The anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "]", heading).lower()).replace(" ", "-")


def anchors(page):
    return {slug(heading) for heading in re.findall(r"^#+ +(.*?)\s*$", FENCED.sub("", page.read_text()), re.M)}


def broken_links(page):
    for target in LINK.findall(FENCED.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists():
            yield f"{page.relative_to(ROOT)}: there is no {path}"
        elif anchor and anchor not in anchors(linked):
            yield f"{page.relative_to(ROOT)}: {path or page.name} has no heading #{anchor}"


def missing_files(page, files, folders):
    for name in NAMED.findall(page.read_text()):
        if BUILT.match(name):
            continue
        found = folders if name.endswith("/") else files
        tail = re.compile("(^|/)" + re.escape(name.rstrip("/")).replace(r"\*", "[^/]*") + "$")
        if not any(tail.search(path) for path in found):
            yield f"{page.relative_to(ROOT)}: there is no {name}"


def misplaced_names(page, files):
    """Functions, name(), and tables, name[], that are not in the file which the line names before them."""
    sources = {path: (ROOT / path).read_text() for path in files if re.match(r"(extension|notifier)/.*\.[ch]$", path)}
    for line in page.read_text().splitlines():
        last = None
        for name in re.findall(r"`([^`]+)`", line):
            if re.fullmatch(r"[\w/]+\.[ch]", name):
                last = name
            elif re.fullmatch(r"\w+(\(\)|\[\])", name) and last is not None:
                if not any(("/" + path).endswith("/" + last) and re.search(rf"\b{name[:-2]}\b", text) for path, text in sources.items()):
                    yield f"{page.relative_to(ROOT)}: {name} is not in {last}"
            elif re.fullmatch(r"pg_xlsx [a-z ]+", name) and not any(f'"{name}"' in text for text in sources.values()):
                yield f"{page.relative_to(ROOT)}: no memory context is called {name}"


def tree():
    """All files, as git has them; without git (a tarball), as they lie there."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()] or [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]


def main():
    files = tree()
    folders = {str(parent) for name in files for parent in pathlib.PurePath(name).parents}
    wrong = [line for page in PAGES for line in broken_links(page)]
    wrong += [line for name in ("docs/code.md", "CONTRIBUTING.md") for line in missing_files(ROOT / name, files, folders)]
    wrong += misplaced_names(ROOT / "docs/code.md", files)
    for line in wrong:
        print(line)


if __name__ == "__main__":
    sys.exit(main())
