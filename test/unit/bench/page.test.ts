import { expect, test } from 'vitest'
import { chartOf } from '../../../bench/chart.js'
import { withSection } from '../../../bench/page.js'
import { tableOf } from '../../../bench/table.js'

const medians = { heddle: { map10k: 200, latencyP50: 1 }, dask: { map10k: 50, latencyP50: 3 }, yardsticks: {} }

test('a run of the bench replaces what an earlier one wrote into the page, and nothing else', () => {
  const page = 'a\n<!-- bench: begin -->\n\nold\n\n<!-- bench: end -->\nb'
  expect(withSection(page, 'new\n')).toBe('a\n<!-- bench: begin -->\n\nnew\n\n<!-- bench: end -->\nb')
  expect(() => withSection('a page', 'new')).toThrow('marks')
})

test('the table says how many times better Heddle is, whether more or less of a figure is better', () => {
  const table = tableOf(medians)
  expect(table).toContain('| 200 | 50 (4×) |')
  expect(table).toContain('| 1 | 3 (3×) |')
})

test('the picture shows every figure of every peer that can be compared', async () => {
  const svg = await chartOf(medians)
  expect(svg).toMatch(/^<svg /)
  for (const text of ['map + wait, 10 k no-op tasks, tasks/s', 'submit → result, p50, ms', 'dask'])
    expect(svg).toContain(text)
})
