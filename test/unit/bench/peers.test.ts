import { expect, test } from 'vitest'
import { runPeer, setUp } from '../../../bench/peers.js'

/** A suite that says what it knows after its first case, and then does `then`. */
function suite(then: string) {
  const known = JSON.stringify({ versions: { it: '1' }, figures: { map10k: 5 }, failed: [] })
  const program = `console.log(${JSON.stringify(known)}); ${then}`
  return { name: 'it', prepare: () => {}, command: [process.execPath, '-e', program] as const }
}

test('a suite that ends well is taken as it is', async () => {
  expect(await runPeer(suite(''), undefined, 20_000)).toEqual({
    versions: { it: '1' },
    figures: { map10k: 5 },
    failed: [],
  })
})

test('a suite that fails in the middle is named, and what it had measured counts', async () => {
  const { figures, failed } = await runPeer(suite('process.exitCode = 3'), undefined, 20_000)
  expect(figures).toEqual({ map10k: 5 })
  expect(failed).toEqual(['it: it ended with 3'])
})

test('a suite that does not end is ended, and what it had measured counts', async () => {
  const { figures, failed } = await runPeer(suite('setInterval(() => {}, 1000)'), undefined, 1500)
  expect(figures).toEqual({ map10k: 5 })
  expect(failed).toEqual(['it: it ended with SIGINT'])
})

test('a suite that cannot be started is named', async () => {
  const none = { ...suite(''), command: ['/nowhere/at/all'] as const }
  expect(await runPeer(none, undefined, 20_000)).toMatchObject({
    figures: {},
    failed: [expect.stringMatching(/^it: .*ENOENT/)],
  })
})

test('a peer that cannot be set up is named, with the first line of why', () => {
  const prepare = () => {
    throw new Error('no network\nand much more')
  }
  expect(setUp({ ...suite(''), prepare })).toBe('it: it could not be set up: no network')
  expect(setUp(suite(''))).toBeUndefined()
})
