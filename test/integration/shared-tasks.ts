import type { Table } from 'apache-arrow'
import { empty, taskContext } from 'heddle'

/** Reads every page of the table, keeps its thread busy for a moment, and says which that was. */
export function readAll(table: Table): { sum: number; thread: number } {
  const until = performance.now() + 10
  let sum = 0
  for (const { data } of table.getChild('x')?.data.map(({ values }) => ({ data: values as Float64Array })) ?? [])
    for (let i = 0; i < data.length; i += 512) sum += data[i] as number
  while (performance.now() < until);
  return { sum, thread: taskContext().thread }
}

/** So many bytes, marked at both ends, made where they are kept. */
export function large(nbytes: number): Uint8Array {
  const bytes = empty(Uint8Array, nbytes)
  bytes[0] = 1
  bytes[nbytes - 1] = 2
  return bytes
}
