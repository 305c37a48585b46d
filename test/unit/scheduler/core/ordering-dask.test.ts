import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Links, orderOf } from '../../../../src/scheduler/core/ordering.js'

interface Example {
  name: string
  /** By Dask's own order. */
  peak: number
  graph: Record<string, string[]>
}

const file = new URL('../../../../bench/order/graphs.json', import.meta.url)
const { graphs } = JSON.parse(readFileSync(file, 'utf8')) as { graphs: Example[] }

/** Values that were computed and that somebody still needs, at the worst moment; results themselves do not count. */
function peakOf(links: Links, order: readonly number[]): number {
  const waiting = links.map(() => 0)
  for (const inputs of links) for (const input of inputs) waiting[input]!++
  let alive = 0
  let most = 0
  for (const task of order) {
    if (waiting[task]! > 0) alive++
    most = Math.max(most, alive)
    for (const input of links[task]!) if (--waiting[input]! === 0) alive--
  }
  return most
}

function linksOf(graph: Example['graph']): Links {
  const places = new Map(Object.keys(graph).map((key, i) => [key, i]))
  return Object.values(graph).map((inputs) => inputs.map((key) => places.get(key)!))
}

function ordered(links: Links): readonly number[] {
  const walk = orderOf(links, () => false)
  for (;;) {
    const { done, value } = walk.next()
    if (!done) continue
    if (!value || 'cycle' in value) throw new Error('a cycle')
    return value.order
  }
}

describe('the order of a graph keeps as few intermediates alive as Dask does (semantics §4.5)', () => {
  test.each(graphs)('$name: at most $peak', ({ graph, peak }) => {
    const links = linksOf(graph)
    expect(peakOf(links, ordered(links))).toBeLessThanOrEqual(peak)
  })
})
