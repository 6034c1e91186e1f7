import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/**
 * A view without properties whose code is loaded when it is first shown, so that the first view of the console stays small.
 * Where the code cannot be loaded, it says so.
 */
export function lazyView(load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | undefined;
  return function Lazy() {
    const [View, setView] = useState<ComponentType | undefined>(() => loaded);
    const [problem, setProblem] = useState("");
    useEffect(() => {
      if (View) return;
      load().then(
        view => {
          loaded = view;
          setView(() => view);
        },
        (error: unknown) => setProblem(String(error)),
      );
    }, []);
    if (problem !== "") return <p class="problem">This part of the console could not be loaded: {problem}</p>;
    return View ? <View /> : <p class="empty">…</p>;
  };
}
