"""A client of Debian's python3-socketio, for a test in another language: python_client.py URL TRANSPORT TASK

It joins the task whenever it connects, and prints each event as a line of JSON. It ends with the task.
"""

import json
import sys
import threading

import socketio

url, transport, task = sys.argv[1], sys.argv[2], int(sys.argv[3])
one_at_a_time = threading.Lock()
client = socketio.Client(reconnection_delay=0.05, reconnection_delay_max=0.2)


def say(event, data=None):
    with one_at_a_time:
        print(json.dumps([event, data]), flush=True)


def acknowledged(answer):
    say("acknowledged", answer)


@client.on("connect", namespace="/upload-xlsx")
def connected():
    say("connect")
    client.emit("join-task", {"taskId": task}, namespace="/upload-xlsx", callback=acknowledged)


@client.on("disconnect", namespace="/upload-xlsx")
def disconnected():
    say("disconnect")


for name in ("joined-task", "task-progress", "workbook-loading", "task-completed", "task-failed", "exception"):
    client.on(name, lambda data, event=name: say(event, data), namespace="/upload-xlsx")

client.connect(url, transports=[transport], namespaces=["/upload-xlsx"])
for line in sys.stdin:
    pass
client.disconnect()
