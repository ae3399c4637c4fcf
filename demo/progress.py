#!/usr/bin/env python3
"""Shows a task's progress in the terminal, from the sidecar's Socket.IO events.

usage: progress.py URL TASK

Speaks Engine.IO 4 by polling, which needs nothing but an HTTP client.
"""
import json
import sys
import urllib.request

NAMESPACE = "/upload-xlsx"
BAR = 40


class Polling:
    """One Engine.IO session: packets out by POST, in by GET."""

    def __init__(self, url):
        self.url = f"{url}/socket.io/?EIO=4&transport=polling"
        opened = self.receive()[0]
        self.url += "&sid=" + json.loads(opened[1:])["sid"]

    def send(self, packet):
        urllib.request.urlopen(urllib.request.Request(self.url, packet.encode(), {"Content-Type": "text/plain"})).read()

    def receive(self):
        with urllib.request.urlopen(self.url, timeout=60) as answer:
            return answer.read().decode().split("\x1e")


def events(url, task):
    """Yields (event, data) of the task's room until the session ends."""
    session = Polling(url)
    session.send(f"40{NAMESPACE},")
    joined = False
    while True:
        for packet in session.receive():
            if packet == "2":
                session.send("3")
            elif packet.startswith(f"40{NAMESPACE}") and not joined:
                joined = True
                session.send(f'42{NAMESPACE},["join-task",{{"taskId":{task}}}]')
            elif packet.startswith(f"42{NAMESPACE},"):
                yield json.loads(packet[len(f"42{NAMESPACE},"):])
            elif packet.startswith("44") or packet == "1":
                sys.exit(f"the sidecar closed the connection: {packet}")


def show(data):
    phase, percent = data.get("phase"), data.get("progress")
    if percent is None:
        print(f"{phase or data.get('status', '')}", flush=True)
        return
    filled = BAR * percent // 100
    rows = data.get("savedRows", data.get("validatedRows", 0))
    end = "\n" if percent == 100 or not sys.stdout.isatty() else "\r"
    print(f"{phase:<12} [{'#' * filled}{'.' * (BAR - filled)}] {percent:3d} %  {rows:,} rows", end=end, flush=True)


def main():
    url, task = sys.argv[1], int(sys.argv[2])
    for event, data in events(url, task):
        if event == "task-progress":
            show(data)
        elif event == "task-completed":
            print(f"{data['status']}: {data['totalRows']:,} rows, {data['savedRows']:,} saved, "
                  f"{data['errorRows']:,} with errors")
            return 0
        elif event == "task-failed":
            print(f"FAILED: {data['error']}")
            return 1
        elif event == "exception":
            sys.exit(data["message"])


sys.exit(main())
