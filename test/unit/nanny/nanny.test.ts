import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { isAlive } from '../../../src/nanny/alive.js'
import type { DeathCertificate } from '../../../src/nanny/death-certificate.js'
import { Nanny, type NannyOptions } from '../../../src/nanny/nanny.js'

const entry = new URL('./fake-worker.mjs', import.meta.url)
let scratchIn: string
const open: Nanny[] = []

function nanny(options: Partial<NannyOptions> = {}): Nanny {
  const made = new Nanny({ entry, scratchIn, restartDelayMs: () => 0, ...options })
  open.push(made)
  return made
}

function deathIn(options: Partial<NannyOptions> = {}): { died: Promise<DeathCertificate>; nanny: Nanny } {
  let onDeath!: (certificate: DeathCertificate) => void
  const died = new Promise<DeathCertificate>((resolve) => {
    onDeath = resolve
  })
  return { died, nanny: nanny({ ...options, onDeath }) }
}

const until = (claim: () => void) => expect.poll(claim)

beforeEach(() => {
  scratchIn = mkdtempSync(join(tmpdir(), 'heddle-nanny-test-'))
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
  expect(readdirSync(scratchIn)).toEqual([])
  rmSync(scratchIn, { recursive: true })
})

describe('a nanny', () => {
  test('starts a worker and knows its address, name and pid', async () => {
    const one = nanny()
    const info = await one.spawn({ id: 'w1' }, { name: 'alice' })
    expect(info).toMatchObject({ name: 'alice', nthreads: 1 })
    expect(one.workers).toMatchObject([{ id: 'w1', name: 'alice', address: info.address }])
    expect(isAlive(one.workers[0]!.pid)).toBe(true)
  })

  test('boots the process while the options are still unknown', async () => {
    const one = nanny()
    let known!: (options: { name: string }) => void
    const options = new Promise<{ name: string }>((resolve) => {
      known = resolve
    })
    const started = one.spawn({ id: 'w1' }, options)
    await until(() => readdirSync(scratchIn).length).toBe(1)
    known({ name: 'late' })
    expect((await started).name).toBe('late')
  })

  test('ends the process when its options cannot be known', async () => {
    const one = nanny()
    await expect(one.spawn({ id: 'w1' }, Promise.reject(new Error('no scheduler')))).rejects.toThrow('no scheduler')
    await until(() => readdirSync(scratchIn)).toEqual([])
    await one.finished
  })

  test('restarts a worker that was killed, and says how it died', async () => {
    const { nanny: one, died } = deathIn()
    await one.spawn({ id: 'w1' }, { name: 'alice', say: 'last words' })
    const { pid } = one.workers[0]!
    one.kill('w1')
    expect(await died).toMatchObject({ name: 'alice', pid, signal: 'SIGKILL', lastLines: ['last words'] })
    await until(() => one.workers[0]?.pid !== pid && one.workers.length).toBe(1)
    expect(isAlive(pid)).toBe(false)
  })

  test('tells the exit code of a worker that ended itself', async () => {
    const { nanny: one, died } = deathIn({ restartDelayMs: () => 60_000 })
    await one.spawn({ id: 'w1' }, { name: 'bob', thenExit: 3 })
    expect(await died).toMatchObject({ exitCode: 3, signal: null })
  })

  test('does not restart a worker that said it would leave', async () => {
    const one = nanny()
    await one.spawn({ id: 'w1' }, { name: 'bob', thenLeave: true })
    await one.finished
    expect(one.workers).toEqual([])
    expect(one.failures).toEqual([])
  })

  test("gives a worker's own words and code when it cannot start", async () => {
    const failWith = 'nothing is listening at tcp://127.0.0.1:9'
    const started = nanny().spawn({ id: 'w1' }, { failWith })
    await expect(started).rejects.toMatchObject({ code: 'HEDDLE_REFUSED', message: failWith })
  })

  test('says so when a worker dies before it has started', async () => {
    await expect(nanny().spawn({ id: 'w1' }, { exitAtOnce: 7 })).rejects.toThrow(/w1 .*exit code 7.*not started/)
  })

  test('tries again when a worker is killed before it has started', async () => {
    const killOnce = join(mkdtempSync(join(tmpdir(), 'heddle-nanny-')), 'was-killed')
    const info = await nanny().spawn({ id: 'w1' }, { name: 'dave', killOnce })
    expect(info.name).toBe('dave')
    rmSync(dirname(killOnce), { recursive: true })
  })

  test('can say how a worker died, to one who asks at once and to one who asks later', async () => {
    const one = nanny()
    const { address } = await one.spawn({ id: 'w1' }, { name: 'erin' })
    const asked = one.causeOfDeath(address)
    await one.kill('w1')
    expect(await asked).toMatchObject({
      text: expect.stringMatching(/^pid \d+ was killed by SIGKILL/),
      outgrewMemory: false,
    })
    const second = await vi.waitUntil(() => one.workers[0]?.address)
    await one.kill('w1')
    await vi.waitUntil(() => one.workers[0] === undefined)
    expect((await one.causeOfDeath(second))?.text).toMatch(/^pid \d+ was killed by SIGKILL/)
    expect(await one.causeOfDeath('tcp://127.0.0.1:9')).toBeUndefined()
  })

  test('ignores a message that is none', async () => {
    const info = await nanny().spawn({ id: 'w1' }, { name: 'carol', nonsense: true })
    expect(info.name).toBe('carol')
  })

  test('kills a worker that does not end when asked', async () => {
    const one = nanny({ stopGraceMs: 50 })
    await one.spawn({ id: 'w1' }, { name: 'mule', stubborn: true })
    const { pid } = one.workers[0]!
    await one.close()
    expect(isAlive(pid)).toBe(false)
  })

  test('ends a worker that outgrows its memory, and names the limit', async () => {
    const { nanny: one, died } = deathIn({ restartDelayMs: () => 60_000 })
    await one.spawn({ id: 'w1', memoryLimit: 100e6 }, { name: 'hog', hoard: 200e6 })
    expect(await died).toMatchObject({ overLimit: true, memoryLimit: 100e6 })
    expect((await died).rss).toBeGreaterThan(100e6)
  })

  test('stops one worker for good and keeps the others', async () => {
    const one = nanny()
    await Promise.all(['a', 'b'].map((id) => one.spawn({ id }, { name: id })))
    await one.stop('a')
    expect(one.workers.map(({ id }) => id)).toEqual(['b'])
  })

  test("a worker's scratch directory is there while it runs, and gone after a crash", async () => {
    const { nanny: one, died } = deathIn({ restartDelayMs: () => 60_000 })
    await one.spawn({ id: 'w1' }, { name: 'alice' })
    const [scratch] = readdirSync(scratchIn)
    one.kill('w1')
    await died
    expect(existsSync(join(scratchIn, scratch!))).toBe(false)
  })
})
