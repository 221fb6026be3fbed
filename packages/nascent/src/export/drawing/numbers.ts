/** `1234567` becomes `1,234,567`. */
export function exact(n: number): string {
  return n.toLocaleString('en-US');
}

/** `1234567` becomes `1.23 M`: three digits and a unit. */
export function rough(n: number): string {
  const units = ['', ' k', ' M', ' G', ' T'];
  let [scaled, unit] = [n, 0];
  while (Number(scaled.toPrecision(3)) >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${unit === 0 ? n : scaled.toPrecision(3)}${units[unit] ?? ''}`;
}

/** Ascending numbers with runs shortened: 0 1 2 5 becomes `0–2 5`. */
export function runsOf(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const n of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === n - 1) last[1] = n;
    else runs.push([n, n]);
  }
  return runs
    .map(([from, to]) => (to === from ? `${from}` : to === from + 1 ? `${from} ${to}` : `${from}–${to}`))
    .join(' ');
}
