import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Comm, Listener } from '../../../src/comm/comm.js'
import { removeLeftovers } from '../../../src/comm/same-host.js'
import { connect, listen } from '../../../src/comm/transports.js'

const { TMPDIR } = process.env
let parent: string
let folder: string
const open: (Listener | Comm)[] = []

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'heddle-near-'))
  process.env.TMPDIR = parent
  folder = join(parent, `heddle-sockets-${process.getuid!()}`)
})

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
  rmSync(parent, { recursive: true })
  delete process.env.HEDDLE_UNIX_SOCKETS
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
})

async function listener(): Promise<Listener> {
  const made = await listen('tcp://127.0.0.1:0', { onComm: (comm) => open.push(comm) })
  open.push(made)
  return made
}

/** How a connection to it goes: who dialled by TCP has a port. */
async function way(to: { address: string }): Promise<'unix' | 'tcp'> {
  const comm = await connect(to.address, { timeoutMs: 2000 })
  open.push(comm)
  expect(comm.peerAddress).toBe(to.address)
  return comm.localAddress.endsWith(':0') ? 'unix' : 'tcp'
}

const files = () => (existsSync(folder) ? readdirSync(folder) : [])

describe.skipIf(process.platform === 'win32')('peers of one machine', () => {
  test('talk by Unix socket, under the same addresses, and leave nothing behind', async () => {
    const made = await listener()
    expect(await way(made)).toBe('unix')
    expect(files()).toHaveLength(2)
    for (const one of open.splice(0).reverse()) await one.close()
    expect(files()).toEqual([])
  })

  test('talk by TCP where somebody wants that', async () => {
    const made = await listener()
    process.env.HEDDLE_UNIX_SOCKETS = 'off'
    expect(await way(made)).toBe('tcp')
    const other = await listener()
    delete process.env.HEDDLE_UNIX_SOCKETS
    expect(await way(other)).toBe('tcp')
  })

  test('talk by TCP where others could enter the folder', async () => {
    mkdirSync(folder)
    chmodSync(folder, 0o755)
    const made = await listener()
    expect(await way(made)).toBe('tcp')
    expect(files()).toEqual([])
  })

  test('talk by TCP when the socket is gone, or the record is none', async () => {
    const made = await listener()
    const [record] = files().filter((name) => name.endsWith('.json')) as [string]
    const { socket } = JSON.parse(readFileSync(join(folder, record), 'utf8')) as { socket: string }
    rmSync(join(folder, socket))
    expect(await way(made)).toBe('tcp')
    for (const text of ['{', '{"pid":1,"socket":"../../elsewhere"}', 'null', '[]']) {
      writeFileSync(join(folder, record), text)
      expect(await way(made)).toBe('tcp')
    }
  })

  test('find it also at a path that is too long for a socket', async () => {
    process.env.TMPDIR = join(parent, 'x'.repeat(100))
    expect(await way(await listener())).toBe('unix')
  })

  test('are not misled by what killed processes have left, which goes', async () => {
    const made = await listener()
    const [record] = files().filter((name) => name.endsWith('.json')) as [string]
    const { pids } = JSON.parse(readFileSync(join(folder, record), 'utf8')) as { pids: string }
    const dead = { pid: 2 ** 22 + 1, pids, socket: '0123456789abcdef' }
    writeFileSync(join(folder, dead.socket), '')
    writeFileSync(join(folder, 'dead.json'), JSON.stringify(dead))
    writeFileSync(
      join(folder, 'elsewhere.json'),
      JSON.stringify({ ...dead, pids: 'another', socket: 'fedcba9876543210' }),
    )
    await removeLeftovers(folder)
    expect(files().filter((name) => name === 'dead.json' || name === dead.socket)).toEqual([])
    expect(files()).toContain('elsewhere.json')
    expect(await way(made)).toBe('unix')
  })

  test('talk by TCP where the folder is a link to another', async () => {
    const other = join(parent, 'other')
    mkdirSync(other, { mode: 0o700 })
    symlinkSync(other, folder)
    expect(await way(await listener())).toBe('tcp')
    expect(readdirSync(other)).toEqual([])
  })

  test('who has taken the port since keeps its record when the one before it ends late', async () => {
    const made = await listener()
    const [record] = files().filter((name) => name.endsWith('.json')) as [string]
    const next = { pid: process.pid, pids: 'any', socket: '0123456789abcdef' }
    writeFileSync(join(folder, record), JSON.stringify(next))
    await made.close()
    expect(JSON.parse(readFileSync(join(folder, record), 'utf8'))).toEqual(next)
  })

  test('a process that was killed leaves what misleads nobody, and the next to listen removes it', async () => {
    const program = `
      import { listen } from '${new URL('../../../src/comm/transports.ts', import.meta.url)}'
      const { address } = await listen('tcp://127.0.0.1:0', { onComm() {} })
      console.log(address)
      setInterval(() => {}, 1000)`
    const args = ['--import', 'tsx', '--input-type=module', '-e', program]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    const address = said.toString().trim()
    expect(await way({ address })).toBe('unix')
    child.kill('SIGKILL')
    await ended
    expect(files()).toHaveLength(2)
    await expect(connect(address, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'HEDDLE_REFUSED' })
    await removeLeftovers(folder)
    expect(files()).toEqual([])
  })
})
