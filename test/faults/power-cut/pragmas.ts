import { DatabaseSync } from "node:sqlite";

// Loaded before a recorded program: gives pragmas that the store sets other values. The store itself has no such setting.
const settings = new Map<string, string>(Object.entries(JSON.parse(process.env.PRAGMAS ?? "{}")));
const { exec } = DatabaseSync.prototype;

DatabaseSync.prototype.exec = function execWithSettings(sql) {
  const changed = sql.replace(/PRAGMA (\w+) = \w+/g, (pragma, name) => {
    const value = settings.get(name);
    return value === undefined ? pragma : `PRAGMA ${name} = ${value}`;
  });
  exec.call(this, changed);
};
