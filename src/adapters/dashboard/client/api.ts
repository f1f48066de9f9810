// What the pages ask of the server. A failure is one line, as the server says it.

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const asked = async (path: string, init: RequestInit): Promise<unknown> => {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new ApiError(0, "the dashboard can't be reached; does it still run?");
  }
  const body = (await response.json().catch(() => undefined)) as unknown;
  if (response.ok) return body;
  const told = body as { readonly error?: { readonly message?: string } } | undefined;
  throw new ApiError(response.status, told?.error?.message ?? `the answer was ${response.status}`);
};

export const get = <View>(path: string, signal?: AbortSignal): Promise<View> =>
  asked(path, signal === undefined ? {} : { signal }) as Promise<View>;

export const post = <View>(path: string, body: object = {}): Promise<View> =>
  asked(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }) as Promise<View>;

export const drop = (path: string): Promise<unknown> => asked(path, { method: "DELETE" });

/** A path with what is asked for behind it; what is empty is left out. */
export const pathOf = (
  path: string,
  query: { readonly [name: string]: string | number | undefined },
): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? path : `${path}?${text}`;
};

export const runPath = (run: string): string => `/api/runs/${encodeURIComponent(run)}`;
export const triggerPath = (trigger: string): string =>
  `/api/triggers/${encodeURIComponent(trigger)}`;
export const taskPath = (task: string): string => `/api/tasks/${encodeURIComponent(task)}`;
