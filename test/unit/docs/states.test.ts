import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { statesPage } from '../../../scripts/states-page.js'

test('the page on states says what the tables of the cores say (npm run diagrams)', () => {
  const page = readFileSync(new URL('../../../docs/internals/states.md', import.meta.url), 'utf8')
  expect(page).toBe(statesPage())
})
