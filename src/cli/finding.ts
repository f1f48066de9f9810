// One line of what `detent doctor` finds.

export interface Finding {
  /** A fault needs somebody; what is worth knowing does not. */
  readonly level: "ok" | "note" | "fault";
  readonly message: string;
}

export const ok = (message: string): Finding => ({ level: "ok", message });
export const note = (message: string): Finding => ({ level: "note", message });
export const fault = (message: string): Finding => ({ level: "fault", message });
