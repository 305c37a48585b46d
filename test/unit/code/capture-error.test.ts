import { sep } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ship } from '../../../src/code/identity.js'
import { CaptureError } from '../../../src/errors.js'

const db = { password: 'secret' }

function messageOf(fn: (...args: never[]) => unknown): string {
  try {
    ship(fn)
  } catch (error) {
    if (error instanceof CaptureError) return error.message
  }
  return ''
}

describe('the error for a captured variable', () => {
  test('says where the function is, where it uses the variable and where that was declared', () => {
    const message = messageOf((x: string) => x + db.password)
    expect(message).toMatch(
      /^the function at test\/unit\/code\/capture-error.test.ts:19:31 uses 'db' \(line 19, declared in line 6\)/,
    )
  })

  test('names all variables, with both ways out, and no value', () => {
    const local = 4
    const message = messageOf(function total(x: number) {
      return x + local + db.password.length
    })
    expect(message).toContain("the function 'total' at test/unit/code/capture-error.test.ts:27:31 uses")
    expect(message).toContain("'local' (line 28, declared in line 26) and 'db' (line 28, declared in line 6)")
    expect(message).toContain(
      'Pass them as arguments, or send the function with what it refers to: task(import.meta, total)',
    )
    expect(message).toContain('client.module(path)')
    expect(message).not.toContain('secret')
  })

  test('names an import as such', () => {
    expect(messageOf(() => sep)).toMatch(/uses the import 'sep' \(line \d+, imported in line 1\)/)
  })

  test('says what to do about this', () => {
    expect(messageOf(() => this)).toContain('A method travels without its object')
  })

  test('knows how a task reaches Heddle itself', () => {
    const taskContext = () => 1
    expect(messageOf(() => taskContext())).toContain(
      "const { taskContext } = await import('heddle') works on every worker",
    )
  })
})
