import { FIGURES, type Figure } from './figures.js'

/** By peer and figure. */
export type Medians = Readonly<Record<string, Readonly<Record<string, number>>>>

/** A Markdown table: each peer's median, and in brackets how many times better Heddle is. */
export function tableOf(medians: Medians): string {
  const peers = Object.keys(medians)
  const rows = FIGURES.filter(({ name }) => peers.some((peer) => medians[peer]?.[name] !== undefined)).map(
    (figure) => `| ${figure.title} | ${peers.map((peer) => cellOf(figure, medians, peer)).join(' | ')} |`,
  )
  return [`| figure | ${peers.join(' | ')} |`, `|---|${'---|'.repeat(peers.length)}`, ...rows].join('\n')
}

/** How many times better Heddle is there; undefined where that cannot be said. */
export function betterBy({ name, kind }: Figure, medians: Medians, peer: string): number | undefined {
  const value = medians[peer]?.[name]
  const ours = medians.heddle?.[name]
  if (peer === 'heddle' || value === undefined || ours === undefined) return undefined
  return kind === 'rate' ? ours / value : value / ours
}

function cellOf(figure: Figure, medians: Medians, peer: string): string {
  const value = medians[peer]?.[figure.name]
  if (value === undefined) return ''
  const times = betterBy(figure, medians, peer)
  return times === undefined ? shown(value) : `${shown(value)} (${shown(times)}×)`
}

function shown(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
}
