import { useEffect, useState } from 'react';

/** Milliseconds until a moment, updated each second; null if there is no moment. */
export function useCountdown(moment: number | undefined): number | null {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (moment === undefined) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [moment]);
  return moment === undefined ? null : Math.max(0, moment - now);
}
