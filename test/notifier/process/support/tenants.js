// Two users of one database, ann and bob, and a sidecar that accepts their tokens.

import { Database } from './cluster.js';
import { Notifier } from './notifier.js';
import { SECRET } from './token.js';

export const ANN = `ann_${process.pid}`;
export const BOB = `bob_${process.pid}`;
const WEB = `web_${process.pid}`;

export class Tenants {
  static async create(settings = {}) {
    const tenants = new Tenants();
    tenants.db = await Database.create();
    tenants.web = WEB;
    await tenants.db.query(`
      CREATE ROLE ${ANN}; CREATE ROLE ${BOB}; CREATE ROLE ${WEB} LOGIN;
      GRANT xlsx_user TO ${ANN}, ${BOB};
      GRANT xlsx_notifier, ${ANN}, ${BOB} TO ${WEB};
      GRANT SELECT, INSERT, DELETE ON people TO ${ANN}, ${BOB}`);
    tenants.url = tenants.db.url.replace(/\/\/[^@]*@/, `//${WEB}@`);
    tenants.server = await Notifier.start({ 'database-url': tenants.url, 'jwt-secret': SECRET, ...settings });
    return tenants;
  }

  async remove() {
    await this.server.stop();
    await this.db.query(`DROP OWNED BY ${ANN}, ${BOB}, ${WEB}`);
    await this.db.drop();
    await new Database(this.db.env, 'postgres').query(`DROP ROLE ${WEB}; DROP ROLE ${ANN}; DROP ROLE ${BOB}`);
  }
}
