// Two users of one database, ann and bob, and a sidecar that accepts their tokens. They have a role each, or one role and a claim each.

import { Database } from './cluster.js';
import { Notifier } from './notifier.js';
import { SECRET } from './token.js';

export const ANN = `ann_${process.pid}`;
export const BOB = `bob_${process.pid}`;
export const SHARED = `authenticated_${process.pid}`;
const WEB = `web_${process.pid}`;

export class Tenants {
  static async create(settings = {}) {
    const tenants = new Tenants();
    tenants.db = await Database.create();
    tenants.web = WEB;
    tenants.roles = [ANN, BOB, WEB];
    await tenants.db.query(`
      CREATE ROLE ${ANN}; CREATE ROLE ${BOB}; CREATE ROLE ${WEB} LOGIN;
      GRANT xlsx_user TO ${ANN}, ${BOB};
      GRANT xlsx_notifier, ${ANN}, ${BOB} TO ${WEB};
      GRANT SELECT, INSERT, DELETE ON people TO ${ANN}, ${BOB}`);
    tenants.url = tenants.db.url.replace(/\/\/[^@]*@/, `//${WEB}@`);
    tenants.server = await Notifier.start({ 'database-url': tenants.url, 'jwt-secret': SECRET, ...settings });
    return tenants;
  }

  // Both have one role, and a claim tells them apart: as Supabase does it, whose policies read it.
  static async byClaim(settings = {}) {
    const tenants = new Tenants();
    tenants.roles = [SHARED, WEB];
    tenants.db = await Database.create();
    await tenants.db.query(`
      CREATE ROLE ${SHARED}; CREATE ROLE ${WEB} LOGIN;
      GRANT xlsx_user TO ${SHARED};
      GRANT xlsx_notifier, ${SHARED} TO ${WEB};
      CREATE SCHEMA auth;
      CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE
        RETURN coalesce(nullif(current_setting('request.jwt.claim', true), ''), nullif(current_setting('request.jwt.claims', true), ''))::jsonb;
      CREATE FUNCTION auth.uid() RETURNS text LANGUAGE sql STABLE
        RETURN coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), auth.jwt() ->> 'sub');
      GRANT USAGE ON SCHEMA auth TO ${SHARED};
      ALTER TABLE people ADD org text NOT NULL DEFAULT auth.jwt() #>> '{app_metadata,org}', ADD made_by text NOT NULL DEFAULT auth.uid();
      ALTER TABLE people ENABLE ROW LEVEL SECURITY;
      CREATE POLICY own ON people USING (org = auth.jwt() #>> '{app_metadata,org}') WITH CHECK (org = auth.jwt() #>> '{app_metadata,org}');
      GRANT SELECT, INSERT, DELETE ON people TO ${SHARED};
      SELECT xlsx.set_column('people', 'org', source => 'none'), xlsx.set_column('people', 'made_by', source => 'none');
      ALTER DATABASE ${tenants.db.name} SET pg_xlsx.tenant_setting = 'request.jwt.claims:app_metadata.org'`);
    tenants.url = tenants.db.url.replace(/\/\/[^@]*@/, `//${WEB}@`);
    tenants.server = await Notifier.start({ 'database-url': tenants.url, 'jwt-secret': SECRET, ...settings });
    return tenants;
  }

  async remove() {
    await this.server.stop();
    await this.db.query(`DROP OWNED BY ${this.roles.join(', ')}`);
    await this.db.drop();
    await new Database(this.db.env, 'postgres').query(this.roles.map((role) => `DROP ROLE ${role}`).join('; '));
  }
}
