// Chance that is a function of a seed and a name. There is no stream of random numbers that one more question would shift: what a plan decides about one thing stays
// as it is when something else is taken out of the plan, and that is what lets a counterexample shrink.

/** A 32-bit number that looks random, of any two. */
export const mixed = (one: number, other: number): number => {
  let bits = Math.imul(one ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(other + 0x165667b1, 0xc2b2ae35);
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
};

/** A 32-bit number of a text (FNV-1a). */
export const numberOf = (text: string): number => {
  let bits = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    bits = Math.imul(bits ^ text.charCodeAt(index), 0x01000193);
  return bits >>> 0;
};

export class Chance {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = mixed(seed >>> 0, Math.floor(seed / 2 ** 32));
  }

  /** From 0, included, to 1, excluded: always the same for a name. */
  unit(name: string): number {
    return mixed(this.#seed, numberOf(name)) / 2 ** 32;
  }

  /** The same for a question that has a number instead of a name. */
  unitAt(number: number): number {
    return mixed(this.#seed, number) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  between(name: string, [least, most]: readonly [number, number]): number {
    return least + Math.floor(this.unit(name) * (most - least + 1));
  }

  /** One of a list that is not empty. */
  oneOf<A>(name: string, list: readonly A[]): A {
    return list[Math.floor(this.unit(name) * list.length)] as A;
  }
}
