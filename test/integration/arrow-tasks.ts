import { type Table, tableFromArrays, tableToIPC } from 'apache-arrow'

export function makeTable(length: number): Table {
  return tableFromArrays({
    double: Float64Array.from({ length }, (_, i) => i / 2),
    text: Array.from({ length }, (_, i) => `text ${i % 3}`),
  })
}

export function toIPC(table: Table): Uint8Array {
  return tableToIPC(table)
}
