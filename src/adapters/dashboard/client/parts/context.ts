// What every part may need: the last overview, whether acts are allowed, and where to say what came of one.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Overview } from "../../view.ts";

export interface Told {
  readonly kind: "done" | "failed";
  readonly text: string;
}

export interface Shared {
  readonly overview: Overview | undefined;
  readonly isReadOnly: boolean;
  readonly say: (told: Told) => void;
}

export const SharedContext = createContext<Shared>({
  overview: undefined,
  isReadOnly: false,
  say: () => {},
});

export const useShared = (): Shared => useContext(SharedContext);

/** Does an act and says what came of it. Resolves to whether it was done. */
export const useAct = (): ((act: () => Promise<string>) => Promise<boolean>) => {
  const { say } = useShared();
  return async (act) => {
    try {
      say({ kind: "done", text: await act() });
      return true;
    } catch (error) {
      say({ kind: "failed", text: (error as Error).message });
      return false;
    }
  };
};
