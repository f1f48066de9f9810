// Ids of events that nobody has named: UUIDs of version 7 (RFC 9562, section 5.7), which begin with the millisecond. Growing ids lie side by side in a store's index; those of
// chance would touch another page for each event.
import { randomUUID } from "node:crypto";

const countMax = 0xfff;
let lastAt = 0;
let count = 0;

/** Greater than every id that this process has made before, whatever its clock does. */
export const newEventId = (): string => {
  const now = Date.now();
  if (now > lastAt) [lastAt, count] = [now, 0];
  else if (count < countMax) count += 1;
  else [lastAt, count] = [lastAt + 1, 0];
  const time = lastAt.toString(16).padStart(12, "0");
  const place = count.toString(16).padStart(3, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${place}${randomUUID().slice(18)}`;
};
