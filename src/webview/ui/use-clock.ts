import { useEffect, useState } from "preact/hooks";

const tickMs = 500;

/**
 * The time on the extension's clock, in milliseconds since 1970, going on while `running`. That machine's clock may
 * differ from this one's, so it starts from the newest event's time and adds what has passed here since.
 */
export function useClock(lastAt: number, running: boolean): number {
  const [seen, setSeen] = useState({ lastAt, here: performance.now() });
  const [, tick] = useState(0);
  if (seen.lastAt !== lastAt) setSeen({ lastAt, here: performance.now() });

  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => tick((n) => n + 1), tickMs);
    return () => clearInterval(timer);
  }, [running]);

  return running ? lastAt + (performance.now() - seen.here) : lastAt;
}
