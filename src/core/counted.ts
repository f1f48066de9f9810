/** `1 run`, `2 runs`, `1 match`, `10,000 matches`: what people read. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : /(?:[cs]h|[sx])$/.test(noun) ? "es" : "s"}`;
