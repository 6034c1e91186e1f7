import { ORDER_BY_ID, type OrderField, type UserOrder } from "../store/queries.ts";
import { InvalidFieldError, quote } from "./errors.ts";

const FIELDS: ReadonlyMap<string, OrderField> = new Map([
  ["id", "id"],
  ["name", "name"],
  ["email", "email"],
  ["create_time", "createTime"],
]);

/**
 * Reads an order: `id`, `name`, `email` or `create_time`, each with an optional ` desc` or ` asc` (AIP-132). Empty means
 * `id`. Throws {@link InvalidFieldError} otherwise.
 */
export function parseOrderBy(text: string): UserOrder {
  const words = text.split(/\s+/).filter(word => word !== "");
  if (words.length === 0) return ORDER_BY_ID;
  const [name = "", direction = "asc", ...rest] = words;
  const field = FIELDS.get(name);
  if (field === undefined || rest.length > 0 || !/^(asc|desc)$/i.test(direction)) {
    const allowed = [...FIELDS.keys()].join(", ");
    throw new InvalidFieldError("order_by", `order_by ${quote(text)} is not one of ${allowed}, with an optional desc`);
  }
  return { field, descending: direction.toLowerCase() === "desc" };
}
