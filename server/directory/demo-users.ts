import type { NewUser } from "../store/records.ts";

/** The users of a new directory in demo mode, ids 1 to 5. */
export const DEMO_USERS: readonly NewUser[] = [
  {
    name: "Alice Johnson",
    email: "alice@example.com",
    role: "admin",
    age: 28,
    bio: "Runs the front desk",
    createTime: Date.UTC(2025, 9, 29, 10, 0, 0),
  },
  { name: "Bob Smith", email: "bob@example.com", role: "editor", age: 35, createTime: Date.UTC(2025, 9, 29, 10, 5, 0) },
  {
    name: "Carol White",
    email: "carol@example.com",
    role: "viewer",
    age: 42,
    createTime: Date.UTC(2025, 9, 29, 10, 10, 0),
  },
  {
    name: "David Brown",
    email: "david@example.com",
    role: "viewer",
    age: 31,
    createTime: Date.UTC(2025, 9, 29, 10, 15, 0),
  },
  {
    name: "Eve Davis",
    email: "eve@example.com",
    role: "editor",
    age: 26,
    createTime: Date.UTC(2025, 9, 29, 10, 20, 0),
  },
];

/** The request id under which they are stored, so that of several servers on one database only one stores them. */
export const DEMO_REQUEST = { id: "00000000-0000-4000-8000-000000000001", fingerprint: "demo users" };
