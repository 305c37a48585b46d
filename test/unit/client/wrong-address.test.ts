import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Client } from '../../../src/client/client.js'
import type { ConnectError } from '../../../src/errors.js'
import { Center } from '../../../src/scheduler/center.js'
import { QUIET } from './fake-scheduler.js'
import { Network } from './network.js'

let folder: string
let network: Network

beforeEach(async () => {
  // Nodes of others on this machine are none of ours.
  folder = mkdtempSync(join(tmpdir(), 'h-'))
  vi.stubEnv('TMPDIR', folder)
  network = await Network.start()
})

afterEach(async () => {
  await network.close()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

async function complaint(address: string): Promise<string> {
  const error: ConnectError = await Client.connect(address, { timeout: 100 }).then(
    () => Promise.reject(new Error('it connected')),
    (thrown) => thrown,
  )
  return `${error.code}: ${error.message}`
}

test('a port where nobody listens is said to be one, with the scheduler that runs elsewhere on this machine', async () => {
  const text = await complaint('127.0.0.1:9')
  expect(text).toMatch(/^HEDDLE_REFUSED: nothing is listening at tcp:\/\/127\.0\.0\.1:9 \(tried /)
  expect(text).toMatch(/schedulers? runs? on this machine at /i)
  expect(text).toContain(network.scheduler.address)
  expect(text).not.toContain(network.worker.address)
})

test('a worker or a center is named as what it is', async () => {
  const center = await new Center('127.0.0.1', 0, { logger: QUIET }).start()
  expect(await complaint(network.worker.address)).toMatch(
    /^HEDDLE_NOT_SCHEDULER: tcp:\S+ is a worker, and clients connect to a scheduler/,
  )
  expect(await complaint(center.address)).toMatch(/^HEDDLE_NOT_SCHEDULER: tcp:\S+ is a center/)
  expect(await complaint(center.address)).toContain(network.scheduler.address)
  await center.close()
})

test('another service is said to be one', async () => {
  const other = createServer((socket) => socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const text = await complaint(`127.0.0.1:${port}`)
  expect(text).toMatch(/^HEDDLE_NOT_HEDDLE: \S+ answered, but as HTTP/)
  expect(text).toContain(network.scheduler.address)
  other.close()
})

test('where no scheduler runs on this machine, none is named', async () => {
  await network.scheduler.close()
  expect(await complaint('127.0.0.1:9')).not.toContain(network.scheduler.address)
})
