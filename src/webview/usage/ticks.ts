/** US dollars at an axis whose ticks are `step` apart: as many decimals at each as that needs, so that no two look alike. */
export function usdTick(usd: number, step: number): string {
  return usd === 0 ? "$0" : `$${usd.toFixed(decimalsOf(step))}`;
}

function decimalsOf(step: number): number {
  for (let decimals = 0; decimals < 9; decimals += 1) {
    const whole = step * 10 ** decimals;
    if (Math.abs(whole - Math.round(whole)) < 1e-6) return decimals;
  }
  return 9;
}
