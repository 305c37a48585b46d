import { describe, expect, test } from 'vitest'
import { restartDelayMs } from '../../../src/nanny/backoff.js'
import { type DeathCertificate, describeDeath } from '../../../src/nanny/death-certificate.js'
import { whyNotFromChild } from '../../../src/nanny/ipc.js'
import { LastLines } from '../../../src/nanny/last-lines.js'
import { rssOf } from '../../../src/nanny/memory.js'

const dead: DeathCertificate = {
  name: 'w2',
  pid: 812,
  address: 'tcp://127.0.0.1:5000',
  exitCode: null,
  signal: 'SIGKILL',
  livedMs: 10,
  rss: 3.9e9,
  memoryLimit: 4e9,
  overLimit: false,
  lastLines: [],
}

describe('a death certificate', () => {
  test('names signal, memory and limit', () => {
    expect(describeDeath(dead)).toMatch(
      /^worker w2 \(pid 812\) was killed by SIGKILL; memory before the end: 3\.9 GB of 4 GB/,
    )
  })

  test('tells a kill, an exit, an abort and a memory limit apart', () => {
    const exit = { ...dead, signal: null, exitCode: 3, rss: undefined, lastLines: ['Error: boom', ''] }
    const words = [
      dead,
      exit,
      { ...dead, signal: 'SIGABRT' },
      { ...dead, overLimit: true },
      { ...dead, signal: 'SIGSEGV' },
    ].map(describeDeath)
    expect(new Set(words).size).toBe(5)
    expect(words[1]).toBe('worker w2 (pid 812) ended with exit code 3. Its last words: Error: boom')
    expect(words[3]).toContain('raise memoryLimit')
  })
})

test('a worker that keeps dying is restarted ever more slowly, up to 30 s', () => {
  expect([1, 2, 3, 4, 7, 50].map(restartDelayMs)).toEqual([0, 1000, 2000, 4000, 30_000, 30_000])
})

test('the last lines are kept across chunks, 20 at most', () => {
  const last = new LastLines()
  for (let i = 0; i < 30; i++) last.push(`line ${i}\nhalf `)
  expect(last.lines).toHaveLength(20)
  expect(last.lines.at(-2)).toBe('half line 29')
  expect(last.lines.at(-1)).toBe('half ')
})

test('a line without end does not grow without end', () => {
  const last = new LastLines()
  for (let i = 0; i < 100; i++) last.push('x'.repeat(1000))
  expect(last.lines.join('').length).toBeLessThanOrEqual(2000)
})

test('the memory of a process is known while it lives', () => {
  expect(rssOf(process.pid)).toBeGreaterThan(1e6)
  expect(rssOf(2 ** 30)).toBeUndefined()
})

test.each([[null], [{}], [{ op: 'what' }], [{ op: 'started' }], [{ op: 'failed', code: 1 }], [{ op: 'memory' }]])(
  '%j is no message of a worker process',
  (message) => expect(whyNotFromChild(message)).toBeTypeOf('string'),
)
