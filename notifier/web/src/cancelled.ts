/** Which tasks were cancelled from this tab; a reload does not forget it. */

const KEY = 'pg_xlsx.cancelled';

function ids(): number[] {
  return JSON.parse(sessionStorage.getItem(KEY) ?? '[]') as number[];
}

function keep(list: number[]): void {
  sessionStorage.setItem(KEY, JSON.stringify(list));
}

export const cancelledHere = (id: number) => ids().includes(id);
export const forgetCancelled = (id: number) => keep(ids().filter((one) => one !== id));
export const rememberCancelled = (id: number) => keep([...ids().filter((one) => one !== id), id]);
