import { Client } from "pg";
import type { PostgresServer } from "../support/postgres.ts";

/** What to take away from a database, for a check that must see it. */
export type Sabotage = "no lock" | "sequences" | "order by xid" | "no commit ids";

const SQL: Readonly<Record<Sabotage, string>> = {
  // FOR UPDATE locks the rows of tables; what a view makes up has none.
  "no lock": `
    ALTER TABLE lock RENAME TO real_lock;
    CREATE VIEW lock AS SELECT name FROM unnest(ARRAY['users', 'chat']) AS made(name)`,
  // Numbers and ids by sequences, whose order is not that of commits.
  sequences: `
    ALTER TABLE lock RENAME TO real_lock;
    CREATE VIEW lock AS SELECT name FROM unnest(ARRAY['users', 'chat']) AS made(name);
    CREATE SEQUENCE numbers START 100;
    CREATE SEQUENCE ids START 100;
    CREATE FUNCTION number() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      NEW.seq = nextval('concierge.numbers'); NEW.tx = NEW.seq; RETURN NEW;
    END $$;
    CREATE FUNCTION give_id() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      NEW.id = nextval('concierge.ids'); RETURN NEW;
    END $$;
    CREATE TRIGGER number BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION number();
    CREATE TRIGGER give_id BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION give_id()`,
  // Events as a sequence and the ids of transactions number them: those are seen that no older transaction can precede.
  "order by xid": `
    CREATE SEQUENCE numbers;
    ALTER TABLE events RENAME TO events_by_xid;
    ALTER TABLE events_by_xid DROP CONSTRAINT events_pkey, ADD COLUMN number bigint DEFAULT nextval('numbers'),
      ADD COLUMN xid xid8 DEFAULT pg_current_xact_id();
    CREATE VIEW events AS SELECT row_number() OVER (ORDER BY xid, number) AS seq,
      min(number) OVER (PARTITION BY xid) AS tx, user_id, type, time, "user", before, payload
      FROM events_by_xid WHERE xid < pg_snapshot_xmin(pg_current_snapshot());
    CREATE FUNCTION put() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO concierge.events_by_xid (seq, tx, user_id, type, time, "user", before, payload, number)
        VALUES (0, 0, NEW.user_id, NEW.type, NEW.time, NEW."user", NEW.before, NEW.payload, nextval('concierge.numbers'));
      RETURN NEW;
    END $$;
    CREATE TRIGGER put INSTEAD OF INSERT ON events FOR EACH ROW EXECUTE FUNCTION put()`,
  "no commit ids": `
    CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
    CREATE TRIGGER forget BEFORE INSERT ON commits FOR EACH ROW EXECUTE FUNCTION forget()`,
};

/** Takes something away that the driver relies on. */
export async function sabotage(server: PostgresServer, database: string, kind: Sabotage): Promise<void> {
  const client = new Client({ host: server.socket, user: "postgres", database, ssl: false });
  await client.connect();
  await client.query(`SET search_path = concierge; ${SQL[kind]}`);
  await client.end();
}
