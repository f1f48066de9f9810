// What somebody has written into a form.

/** The text of a field; "" if there is none. */
export const fieldIn = (form: EventTarget | null, name: string): string => {
  const value = new FormData(form as HTMLFormElement).get(name);
  return typeof value === "string" ? value : "";
};
