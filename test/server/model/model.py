#!/usr/bin/env python3
"""Random sequences of all operations on tasks, compared with a model.

usage: model.py [ROUNDS] [SEED]

A round makes two tables and their profiles: with or without a key, a column for
the task's number, old values kept, a trigger that leaves rows out.  Then files
are submitted, alone, after others, held, as dry runs or as sets of two; they are
released, cancelled at a random row or moment, retried, run for good, undone,
erased and deleted, and another session changes rows between and during these
operations.  After each one the tables, row by row, and the state and all counts
of all tasks must be those of the model.  The seed is printed; the seed of round
N is the printed one plus N.
"""
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))
from game import Round, Wrong
from server import Server

SETTINGS = ("shared_preload_libraries = 'pg_xlsx'\nfsync = off\nclient_min_messages = error\npg_xlsx.progress_interval = 0\n"
            "pg_xlsx.retry_delay = 50ms\n")

SETUP = """
CREATE EXTENSION pg_xlsx;
CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.name NOT LIKE 'left%' THEN NEW END; END $$;
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NULL; END $$;
"""


def main(rounds=6, seed=None):
    seed = int(seed) if seed else random.randrange(10 ** 6)
    print(f"seed {seed}", flush=True)
    server, wrong = Server("model", SETTINGS), 0
    try:
        server.sql(SETUP)
        for number in range(seed, seed + int(rounds)):
            game = Round(server, number)
            try:
                game.play(20)
            except (Wrong, RuntimeError) as difference:
                wrong += 1
                print(f"not ok: round {number} (key {game.has_key}, task column {game.has_column}, old values {game.keeps_old},"
                      f" trigger {game.left_out}): {', '.join(game.log)}:\n    {difference}", flush=True)
            finally:
                game.close()
    finally:
        server.remove()
    print(f"{int(rounds) - wrong} passed, {wrong} failed, 0 skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
