// Preloaded by the commands of docs/operating.md: the clock goes on as ever, from another instant. DETENT_CLOCK_SHIFT says by how many milliseconds.
const shift = Number(process.env["DETENT_CLOCK_SHIFT"] ?? 0);
const RealDate = Date;

globalThis.Date = /** @type {DateConstructor} */ (
  /** @type {unknown} */ (
    class extends RealDate {
      /** @param {[]} args */
      constructor(...args) {
        if (args.length === 0) super(RealDate.now() + shift);
        else super(...args);
      }
      /** @override */
      static now() {
        return RealDate.now() + shift;
      }
    }
  )
);
