// How a tag is written for people and scripts.

/** `KeptBack` as `kept-back`. */
export const tagText = (tag: string): string =>
  tag.replace(/\B[A-Z]/g, (it) => `-${it}`).toLowerCase();
