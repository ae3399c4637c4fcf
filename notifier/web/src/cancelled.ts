/** The tasks that were cancelled from this tab, also after a reload. */

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
