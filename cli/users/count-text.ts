/** A number of users for people: `1 user`, `10,000 users`. */
export function countText(users: number): string {
  return `${users.toLocaleString("en")} ${users === 1 ? "user" : "users"}`;
}
