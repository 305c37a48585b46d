import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { Listener } from '../../../src/comm/comm.js'
import { socketsIn } from '../../../src/comm/local-users.js'
import { listen } from '../../../src/comm/transports.js'
import { parseAddress } from '../../../src/util/address.js'

const open: Listener[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

/** Listens, and notes who came in and who was refused. */
async function listening(at: string, anyUser = false) {
  const seen = { came: 0, refused: [] as string[] }
  const listener = await listen(at, {
    anyUser,
    onRefused: (_peer, why) => seen.refused.push(why),
    onComm: (comm) => {
      seen.came++
      comm.onMessage = () => {}
      void comm.close()
    },
  })
  open.push(listener)
  return { seen, ...parseAddress(listener.address) }
}

/** Dials, says something, and ends with how many bytes it was told. */
const DIALLER = `
  const [host, port, hasty] = process.argv.slice(1)
  let bytes = 0
  const socket = require('node:net').connect(Number(port), host, () => {
    socket.write('something')
    if (hasty) socket.resetAndDestroy()
  })
  socket.on('data', (chunk) => { bytes += chunk.length })
  socket.on('error', () => {})
  socket.on('close', () => { process.exitCode = bytes > 0 ? 1 : 0 })`

const canBeOthers = process.getuid?.() === 0 && process.platform === 'linux'
if (!canBeOthers) console.warn('SKIPPED: tests of other users of this machine need root, on Linux')

test.each(['127.0.0.1', '[::1]', 'localhost'])('who belongs to the same user comes in at %s', async (host) => {
  const { seen, port } = await listening(`tcp://${host}:0`)
  const socket = connect(port, host.replace(/[[\]]/g, ''))
  await once(socket, 'close')
  expect(seen).toEqual({ came: 1, refused: [] })
})

test.skipIf(!canBeOthers)('F19 another user of this machine is refused, before a word is said', async () => {
  const { seen, port } = await listening('tcp://127.0.0.1:0')
  const other = spawn(process.execPath, ['-e', DIALLER, '127.0.0.1', String(port)], { uid: 65_534, gid: 65_534 })
  expect(await once(other, 'close')).toEqual([0, null])
  await expect.poll(() => seen.refused.length).toBe(1)
  expect(seen.refused[0]).toMatch(/another user of this machine \(uid 65534; this node runs as 0\).*--insecure/)
  expect(seen.came).toBe(0)
})

test.skipIf(!canBeOthers)('F19 nor is another user let in that hangs up before it can be asked for', async () => {
  const { seen, port } = await listening('tcp://127.0.0.1:0')
  for (let i = 1; i <= 5; i++)
    execFileSync(process.execPath, ['-e', DIALLER, '127.0.0.1', String(port), 'hasty'], { uid: 65_534, gid: 65_534 })
  const { port: later } = await listening('tcp://127.0.0.1:0')
  await once(connect(later, '127.0.0.1'), 'close')
  expect(seen.came).toBe(0)
})

test.skipIf(!canBeOthers)('another user comes in where that was said to be right', async () => {
  const { seen, port } = await listening('tcp://127.0.0.1:0', true)
  const other = spawn(process.execPath, ['-e', DIALLER, '127.0.0.1', String(port)], { uid: 65_534, gid: 65_534 })
  await once(other, 'close')
  expect(seen).toEqual({ came: 1, refused: [] })
})

test('the system’s tables are read as they are written: open connections count, and addresses are told apart', () => {
  const tables = `
    sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
     0: 0100007F:2252 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1
     1: 0100007F:D431 0100007F:2252 01 00000000:00000000 00:00000000 00000000  1000        0 17 1
     2: 0200007F:D431 0100007F:2252 01 00000000:00000000 00:00000000 00000000 65534        0 18 1
     3: 0100007F:D432 0100007F:2252 06 00000000:00000000 03:00000000 00000000     0        0 0 3
     4: 0000000000000000FFFF00000100007F:D433 0000000000000000FFFF00000100007F:2252 01 00000000:00000000 00:00000000 00000000  1001 0 19 1`
  const { owners, listening } = socketsIn(tables)
  expect([...listening]).toEqual(['2252'])
  expect(Object.fromEntries(owners)).toEqual({
    '0100007f:d431 0100007f:2252': 1000,
    '0200007f:d431 0100007f:2252': 65_534,
    '0100007f:d433 0100007f:2252': 1001,
  })
})
