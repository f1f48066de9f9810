// Who may look: whoever has the token. A browser shows it once and is given a session, which scripts can't read and other sites can't send.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const lifeMillis = 12 * 3_600_000;
const sessionsMax = 1_000;

export class Sessions {
  readonly #digest: Buffer | undefined;
  readonly #port: () => number;
  readonly #clock: () => number;
  /** When each session ends. */
  readonly #sessions = new Map<string, number>();

  /** Cookies are the same for all ports of a host, so the port is part of the name. */
  constructor(
    token: string | undefined,
    options: { readonly port: () => number; readonly clock: () => number },
  ) {
    this.#digest = token === undefined ? undefined : digestOf(token);
    this.#port = options.port;
    this.#clock = options.clock;
  }

  get #name(): string {
    return `detent_session_${this.#port()}`;
  }

  get isNeeded(): boolean {
    return this.#digest !== undefined;
  }

  /** In constant time: digests have one length, and comparing them doesn't end early. */
  isToken(text: string): boolean {
    return this.#digest !== undefined && timingSafeEqual(digestOf(text), this.#digest);
  }

  /** Whether the request brings the token or a session. */
  isKnown(headers: {
    readonly authorization: string | undefined;
    readonly cookie: string | undefined;
  }): boolean {
    if (!this.isNeeded) return true;
    const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
    if (bearer !== undefined) return this.isToken(bearer);
    const id = this.#idIn(headers.cookie);
    return id !== undefined && (this.#sessions.get(id) ?? 0) > this.#clock();
  }

  /** The cookie of a new session. */
  open({ isSecure }: { readonly isSecure: boolean }): string {
    const now = this.#clock();
    for (const [id, endsAt] of this.#sessions) if (endsAt <= now) this.#sessions.delete(id);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= sessionsMax && oldest !== undefined) this.#sessions.delete(oldest);
    const id = randomBytes(32).toString("base64url");
    this.#sessions.set(id, now + lifeMillis);
    return this.#cookie(id, lifeMillis / 1_000, isSecure);
  }

  /** Ends the session of a request; the cookie that forgets it. */
  close(cookie: string | undefined): string {
    const id = this.#idIn(cookie);
    if (id !== undefined) this.#sessions.delete(id);
    return this.#cookie("", 0, false);
  }

  #cookie(id: string, seconds: number, isSecure: boolean): string {
    return `${this.#name}=${id}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
  }

  #idIn(cookie: string | undefined): string | undefined {
    for (const part of (cookie ?? "").split(";")) {
      const [name, value] = part.trim().split("=", 2);
      if (name === this.#name && value !== undefined && value !== "") return value;
    }
    return undefined;
  }
}

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();
