#!/usr/bin/env python3
"""Prints each place that states a fact of the extension's C code differently: in the sidecar, its client, OpenAPI or the pages.

The lists X(VALUE, "name", ...) of the headers are the truth. What SQL needs it reads from the C code itself (install/facts.sql).
"""
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORDS = "extension/profile/words.h"
STATES = "extension/tasks/task_status.h"


def read(path):
    return (ROOT / path).read_text()


def entries(path, name):
    """The arguments of each X of one list, as they are written."""
    body = re.search(rf"#define {name}\(X\)((?:.*\\\n)*.*\n)", read(path))[1]
    return [[part.strip() for part in entry.split(",")] for entry in re.findall(r"X\(([^)]*)\)", body)]


def names(path, name):
    return [entry[1].strip('"') for entry in entries(path, name)]


STATUSES = names(STATES, "TASK_STATUSES")
ACTIVE = [entry[1].strip('"') for entry in entries(STATES, "TASK_STATUSES") if entry[2] == "TASK_ACTIVE"]
PHASES = names(STATES, "PHASES")
LISTS = {
    "modes": names(WORDS, "SAVE_MODES"),
    "states": STATUSES,
    "phases": PHASES,
    "sources of a column": names(WORDS, "COLUMN_SOURCES"),
    "rules": names(WORDS, "RULE_KINDS"),
    "choices of index_after_load": names(WORDS, "LATE_INDEXES"),
}


def constant(path, name):
    """The value of a #define: a product of numbers."""
    value = 1
    for factor in re.search(rf"#define {name}\s+\(?([\d *]+)", read(path))[1].split("*"):
        value *= int(factor)
    return value


def differ(what, told, truth):
    if told != truth:
        yield f"{what} says {told}, and the extension {truth}"


def typescript_list(path, name):
    return re.findall(r"'(\w+)'", re.search(rf"const {name} = \[(.*?)\]", read(path))[1])


def client():
    types = "notifier/client/src/types.ts"
    yield from differ(f"MODES of {types}", typescript_list(types, "MODES"), LISTS["modes"])
    yield from differ(f"PHASES of {types}", typescript_list(types, "PHASES"), PHASES)
    yield from differ(f"ACTIVE_STATUSES of {types}", typescript_list(types, "ACTIVE_STATUSES"), ACTIVE)
    yield from differ(f"TERMINAL_STATUSES of {types}", typescript_list(types, "TERMINAL_STATUSES"), [s for s in STATUSES if s not in ACTIVE])
    shares = re.search(r"const SHARE = \{(.*?)\}", read("notifier/client/src/progress.ts"))[1]
    yield from differ("SHARE of notifier/client/src/progress.ts", re.findall(r"(\w+): \[(\d+), (\d+)\]", shares),
                      [(name.strip('"'), start, end) for _, name, _, start, end in entries(STATES, "PHASES")])


def spoken_events():
    """Names of events in the sources of the extension and the sidecar, with their places."""
    sends = re.compile(r'(?:events_send|events_send_json|progress_emit|answer|answer_task|emit|write_event)\([^;]*?"([a-z]+(?:-[a-z]+)+|exception)"|is_event\([^;]*?"([a-z-]+)"', re.S)
    for path in [*(ROOT / "extension/tasks").glob("*.[ch]"), *(ROOT / "notifier/api").glob("*.c"), ROOT / "notifier/socketio/socketio.c"]:
        for found in sends.findall(path.read_text()):
            yield path.relative_to(ROOT), found[0] or found[1]
    for path in (ROOT / "extension/install").glob("*.sql"):
        for name in re.findall(r"'(task-[a-z]+)'", path.read_text()):
            yield path.relative_to(ROOT), name
    for _, _, event, _, _ in entries(STATES, "PHASES"):
        if event != "NULL":
            yield Path(STATES), event.strip('"')


def events():
    known = set(re.findall(r": '([a-z-]+)',", read("notifier/client/src/events.ts")))
    spoken = set()
    for path, name in spoken_events():
        spoken.add(name)
        if name not in known:
            yield f"{path} speaks of the event {name}, which notifier/client/src/events.ts does not know"
    for name in sorted(known - spoken):
        yield f"notifier/client/src/events.ts knows the event {name}, which is never sent or taken"


def chunks():
    yield from differ("UPLOAD_CHUNK of notifier/api/chunk_pipe.h", constant("notifier/api/chunk_pipe.h", "UPLOAD_CHUNK"),
                      constant("extension/pg/pg_xlsx.h", "PG_XLSX_CHUNK_BYTES"))


def enums(node, path=""):
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list):
            yield path, node["enum"]
        for key, value in node.items():
            yield from enums(value, f"{path}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from enums(value, f"{path}/{number}")


def openapi():
    for path, told in enums(json.loads(read("notifier/openapi.json"))):
        for what, truth in LISTS.items():
            # Events have one more phase, and a phase may be null.
            told = [name for name in told if name not in ("RETRYING", None)]
            if len(set(told) & set(truth)) * 2 > len(truth):
                yield from differ(f"notifier/openapi.json{path} ({what})", told, truth)


def pages():
    """The bounds of page and limit, which SQL refuses and OpenAPI promises."""
    parameters = json.loads(read("notifier/openapi.json"))["components"]["parameters"]
    for name, _, fallback, highest in re.findall(r"rest_integer\('(\w+)', (\S+), (\d+), (\d+)\)", read("extension/install/rest.sql")):
        schema = parameters[name]["schema"]
        yield from differ(f"the parameter {name} of notifier/openapi.json", schema["default"], int(fallback))
        if name == "limit":
            yield from differ(f"the parameter {name} of notifier/openapi.json", schema["maximum"], int(highest))


def prose():
    """A text that counts up more than half of a list counts up all of it."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "notifier/openapi.json", *(ROOT / "extension/install").glob("*.sql")]
    for what, truth in LISTS.items():
        if what == "rules":
            continue  # some are about cells, some take one argument: pages count up such groups
        name = "[`\"*']*(?:" + "|".join(sorted(truth, key=len, reverse=True)) + ")\\b[`\"*']*(?: \\([^()]*\\))?"
        run = re.compile(rf"{name}(?:(?:, |,\s+and | and | or | \| |\s*\|\s*){name})+")
        for page in pages:
            for match in run.finditer(page.read_text()):
                told = [word for word in re.findall(r"\w+", match[0]) if word in truth]
                if len(set(told)) * 2 > len(truth) and set(told) != set(truth):
                    line = page.read_text().count("\n", 0, match.start()) + 1
                    yield f"{page.relative_to(ROOT)}:{line} counts up {what} as {match[0]!r}, and there are {', '.join(truth)}"


def main():
    for check in (client, events, chunks, openapi, pages, prose):
        for line in check():
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
