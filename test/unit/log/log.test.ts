import { afterEach, describe, expect, test } from 'vitest'
import { createLogger, type LogOptions } from '../../../src/log/log.js'
import { prettyLine } from '../../../src/log/pretty.js'

function logged(options: LogOptions, act: (logger: ReturnType<typeof createLogger>) => void): string[] {
  const lines: string[] = []
  act(createLogger('worker', { write: (line) => lines.push(line), ...options }))
  return lines
}

describe('a logger', () => {
  afterEach(() => {
    delete process.env.HEDDLE_LOG_LEVEL
    delete process.env.HEDDLE_LOG_FORMAT
  })

  test('writes warnings and errors, and nothing less, unless told otherwise', () => {
    const lines = logged({}, (log) => {
      log.info('not this')
      log.warn('this')
      log.error('and this')
    })
    expect(lines).toHaveLength(2)
  })

  test('takes its level and format from the environment', () => {
    process.env.HEDDLE_LOG_LEVEL = 'debug'
    process.env.HEDDLE_LOG_FORMAT = 'json'
    const [line] = logged({}, (log) => log.debug('hello', { key: 'x-1' }))
    expect(JSON.parse(line!)).toMatchObject({ level: 'debug', name: 'worker', msg: 'hello', key: 'x-1' })
  })

  test('refuses a level that does not exist, and names those that do', () => {
    expect(() => createLogger('worker', { level: 'loud' as 'info' })).toThrow(
      /'loud' is unknown; use one of debug, info/,
    )
  })

  test('writes a JSON line per record, with the stack of an error and its cause', () => {
    const error = new Error('it broke', { cause: new Error('because') })
    const [line] = logged({ format: 'json' }, (log) => log.error('failed', { error }))
    const record = JSON.parse(line!)
    expect(record.error.stack).toContain('it broke')
    expect(record.error.stack).toContain('because')
    expect(typeof record.time).toBe('number')
  })

  test('writes one line for people, whatever the text holds', () => {
    const [line] = logged({}, (log) => log.warn('two\nlines\u001b[31m', { path: 'a b', n: 3 }))
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}worker: two\\nlines\\u001b\[31m {2}path="a b" {2}n=3\n$/)
  })

  test('is silent at level silent', () => {
    expect(logged({ level: 'silent' }, (log) => log.error('x'))).toEqual([])
  })

  test('colours a line only when asked', () => {
    const record = { level: 'warn', time: 0, name: 'n', msg: 'm' }
    expect(prettyLine(record)).not.toContain('\u001b')
    expect(prettyLine(record, true)).toContain('\u001b[33m')
  })
})
