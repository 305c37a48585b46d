import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('this Node has the setting by which nodes are compiled sooner; it says nothing of one that it does not know', () => {
  const options = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })
  expect(options).toMatch(/^ +--interrupt-budget .*\n.*default: --interrupt-budget=\d{5,}$/m)
})
