// Databases on the private server of a run, one for each test file.
//
// One server serves all files of a run (run.js starts it); a file that is run
// alone starts its own.

import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { atEnd } from './cleanup.js';
import { Cluster } from './server.js';

const run = promisify(execFile);

let own;

function sharedEnv() {
  if (process.env.PGXLSX_TEST_CLUSTER) return Cluster.readEnv(process.env.PGXLSX_TEST_CLUSTER);
  if (!own) {
    own = Cluster.start();
    atEnd(() => own.remove());
  }
  return own.env;
}

let databases = 0;

export class Database {
  constructor(env, name) {
    this.env = env;
    this.name = name;
    this.url = `postgresql://${env.PGUSER}@${env.PGHOST}:${env.PGPORT}/${name}`;
  }

  // A new database with the extension, a table and a profile for it.
  static async create(env = sharedEnv()) {
    const db = new Database(env, `test_${process.pid}_${++databases}`);
    await new Database(env, 'postgres').query(`CREATE DATABASE ${db.name}`);
    await db.query(`
      CREATE EXTENSION pg_xlsx;
      CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY, task_id bigint,
        name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
      SELECT xlsx.create_profile('people', 'people', task_column => 'task_id', headers => '{"bio_id": "Bio-ID"}')`);
    return db;
  }

  async drop() {
    await new Database(this.env, 'postgres').query(`DROP DATABASE ${this.name} WITH (FORCE)`);
  }

  #arguments() {
    return ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', this.env.PGHOST, '-p', this.env.PGPORT,
      '-U', this.env.PGUSER, '-d', this.name];
  }

  // The last statement's first column, as text.
  async query(sql) {
    const { stdout } = await run('psql', [...this.#arguments(), '-c', sql], { maxBuffer: 1 << 26 });
    return stdout.trim();
  }

  async json(sql) {
    return JSON.parse(await this.query(`SELECT coalesce(json_agg(r), '[]') FROM (${sql}) r`));
  }

  // A task that nobody will run, for tests that make its events themselves.
  async idleTask() {
    return Number(await this.query(`SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day')`));
  }

  emit(task, event, payload) {
    return this.query(`SELECT xlsx.emit(${task}, '${event}', '${JSON.stringify(payload)}')`);
  }

  // A session that stays open, to hold locks or pass settings on.
  session() {
    const child = spawn('psql', this.#arguments(), { stdio: ['pipe', 'pipe', 'inherit'] });
    child.on('exit', atEnd(() => child.kill()));
    let received = '';
    let waiting = () => {};
    child.stdout.on('data', (data) => {
      received += data;
      waiting();
    });
    let statements = 0;
    return {
      async run(sql) {
        const mark = `done ${++statements}`;
        child.stdin.write(`${sql};\n\\echo ${mark}\n`);
        while (!received.includes(mark)) await new Promise((resolve) => { waiting = resolve; });
        const result = received.slice(0, received.indexOf(mark)).trim();
        received = received.slice(received.indexOf(mark) + mark.length);
        return result;
      },
      close: () => new Promise((resolve) => {
        child.on('close', resolve);
        child.stdin.end();
      }),
    };
  }
}
