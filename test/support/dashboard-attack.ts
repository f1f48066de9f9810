// A dashboard over a store in memory, to be asked as an attacker would ask. It ends with the test.
import { afterEach } from "vitest";
import type { DashboardOptions } from "../../src/adapters/dashboard/index.ts";
import { serveStore, type Served } from "./dashboard.ts";

export const token = "a-secret-of-32-characters-0123456";
export const json = { "content-type": "application/json" };
export const event = JSON.stringify({ name: "greeting", payload: "hello" });

const open: Served[] = [];
export const serve = async (options: DashboardOptions = {}): Promise<Served> => {
  const served = await serveStore(options);
  open.push(served);
  return served;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.close()));
});
