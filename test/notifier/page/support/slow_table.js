// A slow target table, which stops where a test wants to look.

const GATE_ROW = 5000;
const GATE = 1;

// What the page says while a file of 6000 people waits at the gate: what is saved before it is up to the saver.
export const AT_THE_GATE = /^Saving data\.\.\. \((?:[67]\d|8[0-3])%\)$/;

// Rows are saved when all are checked, so that the gate is in SAVING however fast the sheet is read.
// Each thousandth person takes a while to save; the last of the fifth thousand waits until the gate is open.
export async function slowTable(db) {
  await db.query(`
    CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.name LIKE 'Person %000' THEN PERFORM pg_sleep(0.2); END IF;
      IF NEW.name = 'Person ${GATE_ROW}' THEN PERFORM pg_advisory_xact_lock_shared(${GATE}); END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER take_time BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION take_time();
    ALTER DATABASE ${db.name} SET pg_xlsx.progress_interval = 0;
    ALTER DATABASE ${db.name} SET pg_xlsx.max_spool_bytes = 0`);
  const session = db.session();
  return {
    close: () => session.run(`SELECT pg_advisory_lock(${GATE})`),
    open: () => session.run('SELECT pg_advisory_unlock_all()'),
    end: () => session.close(),
  };
}
