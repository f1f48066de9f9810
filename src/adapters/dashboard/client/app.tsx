// The frame around the pages: where one is, whether the connection lives, and what came of the last act.
import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { drop, get, post } from "./api.ts";
import { useLive, type Live } from "./live.ts";
import { useRoute, type Route } from "./route.ts";
import { Engines } from "./pages/engines.tsx";
import { EventPage } from "./pages/event.tsx";
import { Events } from "./pages/events.tsx";
import { Now } from "./pages/now.tsx";
import { RunPage } from "./pages/run.tsx";
import { Runs } from "./pages/runs.tsx";
import { Simulations } from "./pages/simulations.tsx";
import { Timeline } from "./pages/timeline.tsx";
import { TriggerPage } from "./pages/trigger.tsx";
import { Triggers } from "./pages/triggers.tsx";
import { SharedContext, type Told } from "./parts/context.ts";
import { fieldIn } from "./parts/form.ts";
import { Help, pages, useKeyboard } from "./parts/keys.tsx";
import { ThemeButton } from "./parts/theme.tsx";

/** What was done need not be dismissed; what failed stays. */
const toldMillis = 10_000;

interface Session {
  readonly isNeeded: boolean;
  readonly isKnown: boolean;
  readonly isReadOnly?: boolean;
}

export const App = (): JSX.Element => {
  const [session, setSession] = useState<Session>();
  const [fault, setFault] = useState("");
  const ask = (): void =>
    void get<Session>("/api/session").then(setSession, (error: Error) => setFault(error.message));
  useEffect(ask, []);
  if (fault !== "")
    return (
      <main class="alone">
        <p class="fault" role="alert">
          {fault}
        </p>
      </main>
    );
  if (session === undefined) return <main class="alone" aria-busy="true" />;
  if (session.isNeeded && !session.isKnown) return <SignIn done={ask} />;
  const leave = (): void => void drop("/api/session").then(ask);
  return <Frame session={session} check={ask} leave={leave} />;
};

const SignIn = ({ done }: { done: () => void }): JSX.Element => {
  const [fault, setFault] = useState("");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await post("/api/session", { token: fieldIn(event.target, "token") });
      done();
    } catch (error) {
      setFault((error as Error).message);
    }
  };
  return (
    <main class="alone">
      <h1>detent</h1>
      <form class="sign-in" onSubmit={(event) => void submit(event)}>
        <label>
          <span>Token</span>
          <input name="token" type="password" required autocomplete="current-password" />
          <small>The value of DETENT_TOKEN where the dashboard was started</small>
        </label>
        {fault === "" ? null : (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <button type="submit" class="chief">
          Sign in
        </button>
      </form>
    </main>
  );
};

const Frame = ({
  session,
  check,
  leave,
}: {
  session: Session;
  /** Asks whether the session still holds. */
  check: () => void;
  leave: () => void;
}): JSX.Element => {
  const route = useRoute();
  const live = useLive();
  const [told, setTold] = useState<Told>();
  const [isHelping, setHelping] = useState(false);
  const main = useRef<HTMLElement>(null);
  useKeyboard(useCallback(() => setHelping(true), []));
  const say = useCallback((next: Told) => setTold(next), []);
  const place = route.parts.join("/");
  useEffect(() => {
    document.title = place === "" ? "detent" : `${place} – detent`;
    main.current?.scrollTo(0, 0);
  }, [place]);
  useEffect(() => {
    if (told?.kind !== "done") return undefined;
    const timer = setTimeout(() => setTold(undefined), toldMillis);
    return () => clearTimeout(timer);
  }, [told]);
  const isLost = live.state === "lost";
  useEffect(() => {
    if (isLost && session.isNeeded) check();
  }, [isLost]);
  const isReadOnly = session.isReadOnly === true || live.overview?.isReadOnly === true;
  return (
    <SharedContext.Provider value={{ overview: live.overview, isReadOnly, say }}>
      <a class="skip" href="#main" onClick={(event) => skip(event, main.current)}>
        To the content
      </a>
      <header>
        <a class="brand" href="#/">
          detent
        </a>
        <nav aria-label="pages">
          {pages.map(([name, href]) => (
            <a key={name} href={href} aria-current={isHere(href, route) ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <div class="status">
          <Connection live={live} />
          {isReadOnly ? <span class="faint">read-only</span> : null}
          <ThemeButton />
          <button
            type="button"
            class="quiet"
            aria-label="keyboard help"
            onClick={() => setHelping(true)}
          >
            ?
          </button>
          {session.isNeeded ? (
            <button type="button" class="quiet" onClick={leave}>
              Sign out
            </button>
          ) : null}
        </div>
      </header>
      <main ref={main} id="main" tabIndex={-1}>
        <Page route={route} />
        <p class="foot">
          {live.overview === undefined ? "" : `app ${live.overview.app} in ${live.overview.store}`}
        </p>
      </main>
      <div class="told" role="status" aria-live="polite">
        {told === undefined ? null : (
          <p class={told.kind}>
            {told.text}
            <button
              type="button"
              class="quiet"
              aria-label="dismiss"
              onClick={() => setTold(undefined)}
            >
              ×
            </button>
          </p>
        )}
      </div>
      {isHelping ? <Help close={() => setHelping(false)} /> : null}
    </SharedContext.Provider>
  );
};

/** The address is the route's. */
const skip = (event: Event, main: HTMLElement | null): void => {
  event.preventDefault();
  main?.focus();
};

const isHere = (href: string, { parts }: Route): boolean =>
  href.slice("#/".length) === (parts[0] ?? "");

const Connection = ({ live }: { live: Live }): JSX.Element => (
  <span class={`connection connection-${live.state}`} role="status">
    {live.state === "live" ? "live" : live.state === "lost" ? "no connection" : "connecting"}
  </span>
);

const Page = ({ route }: { route: Route }): JSX.Element => {
  const [page, id] = route.parts;
  switch (page) {
    case undefined:
      return <Now />;
    case "triggers":
      return id === undefined ? <Triggers /> : <TriggerPage key={id} id={id} />;
    case "events":
      return id === undefined ? <Events route={route} /> : <EventPage key={id} id={id} />;
    case "runs":
      return id === undefined ? <Runs route={route} /> : <RunPage key={id} id={id} />;
    case "timeline":
      return <Timeline />;
    case "engines":
      return <Engines />;
    case "simulations":
      return <Simulations />;
    default:
      return (
        <>
          <h1>There is no such page</h1>
          <p>
            <a href="#/">Now</a> shows what goes on.
          </p>
        </>
      );
  }
};
