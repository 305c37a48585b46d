import { FIGURES, type Figure } from './figures.js'

type Medians = Readonly<Record<string, Readonly<Record<string, number>>>>

/** A Markdown table: each peer's median, and in brackets how many times better Heddle is. */
export function tableOf(medians: Medians): string {
  const peers = Object.keys(medians)
  const rows = FIGURES.filter(({ name }) => peers.some((peer) => medians[peer]?.[name] !== undefined)).map(
    (figure) => `| ${figure.title} | ${peers.map((peer) => cellOf(figure, medians, peer)).join(' | ')} |`,
  )
  return [`| figure | ${peers.join(' | ')} |`, `|---|${'---|'.repeat(peers.length)}`, ...rows].join('\n')
}

function cellOf({ name, kind }: Figure, medians: Medians, peer: string): string {
  const value = medians[peer]?.[name]
  if (value === undefined) return ''
  const ours = medians.heddle?.[name]
  if (peer === 'heddle' || ours === undefined) return shown(value)
  return `${shown(value)} (${shown(kind === 'rate' ? ours / value : value / ours)}×)`
}

function shown(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
}
