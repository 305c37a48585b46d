import { connect as connectSocket, createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Listener } from '../../../src/comm/comm.js'
import { TlsCredentials, type TlsOptions } from '../../../src/comm/tls-credentials.js'
import { connect, listen } from '../../../src/comm/transports.js'
import { ConnectError, OptionError } from '../../../src/errors.js'
import { dial } from '../../../src/rpc/dial.js'
import { Server } from '../../../src/rpc/server.js'
import { certificate, tlsOf } from './tls-files.js'

const here = 'tls://127.0.0.1:0'
const good = TlsCredentials.read(tlsOf('node'))
const open: (() => unknown)[] = []
const log: string[] = []
const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => void log.push(text) }

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function serve(options: TlsOptions | undefined): Promise<string> {
  const server = new Server({
    name: 'node',
    handlers: {},
    checks: {},
    logger,
    ...(options && { tls: TlsCredentials.read(options) }),
  })
  open.push(() => server.close())
  return await server.listen(options ? here : 'tcp://127.0.0.1:0')
}

async function failure(address: string, tls: TlsOptions | undefined): Promise<ConnectError> {
  const error = await dial(address, { timeoutMs: 300, tls: tls && TlsCredentials.read(tls) }).then(
    ({ comm }) => comm.close(),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ConnectError)
  return error as ConnectError
}

describe('a connection by TLS', () => {
  test('is made between nodes whose certificates come from one authority', async () => {
    const address = await serve(tlsOf('node'))
    expect(address).toMatch(/^tls:\/\/127\.0\.0\.1:\d+$/)
    const { comm } = await dial(address, { timeoutMs: 5000, tls: good })
    expect([comm.peerAddress, comm.localAddress.slice(0, 16)]).toEqual([address, 'tls://127.0.0.1:'])
    await comm.close()
  })

  test('is refused to a node whose authority is another', async () => {
    const address = await serve(tlsOf('node'))
    const error = await failure(address, tlsOf('stranger', 'stranger-authority'))
    expect(error).toMatchObject({ code: 'HEDDLE_TLS', address })
    expect(error.message).toContain('its certificate is not from the authority in tls.ca')
  })

  test('is refused by a node whose authority is another, which says so', async () => {
    const error = await failure(await serve(tlsOf('node')), tlsOf('stranger'))
    expect(error.message).toContain('or refuses our certificate')
  })

  test('is not made when a certificate has expired', async () => {
    const theirs = await failure(await serve(tlsOf('expired')), tlsOf('node'))
    expect(theirs.message).toContain('its certificate has expired')
    const ours = await failure(await serve(tlsOf('node')), tlsOf('expired'))
    expect(ours.message).toContain('or refuses our certificate')
    expect(log).toContainEqual(expect.stringMatching(/^refused tls:.*: its certificate has expired$/))
  })

  test('is not made with one who does not speak TLS', async () => {
    const address = (await serve(undefined)).replace('tcp:', 'tls:')
    const error = await failure(address, tlsOf('node'))
    expect(error.message).toContain(`does not speak TLS. If that is right, use ${address.replace('tls:', 'tcp:')}`)
  })

  test('must be asked for: one who speaks TLS is not spoken with in plain words', async () => {
    const address = (await serve(tlsOf('node'))).replace('tls:', 'tcp:')
    const error = await failure(address, undefined)
    expect(error.message).toContain(`speaks TLS: then use ${address.replace('tcp:', 'tls:')} with certificates`)
  })

  test('needs certificates', async () => {
    await expect(connect('tls://127.0.0.1:1', { timeoutMs: 100 })).rejects.toThrow('needs certificates: give tls')
    await expect(listen(here, { onComm: () => {} })).rejects.toThrow(OptionError)
  })

  test('does not wait for one who says nothing', async () => {
    const listener: Listener = await listen(here, { tls: good, onComm: () => {} })
    const port = Number(new URL(listener.address.replace('tls', 'http')).port)
    const silent = connectSocket(port, '127.0.0.1')
    const ended = new Promise((resolve) => silent.once('close', resolve))
    silent.on('error', () => {})
    await new Promise((resolve) => silent.once('connect', resolve))
    await expect.poll(() => listener.close().then(() => silent.destroyed || silent.readableEnded)).toBe(true)
    await ended
  })

  test('is given up in time when the other end never answers', async () => {
    const mute = createServer((socket) => socket.resume())
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    open.push(() => new Promise((resolve) => mute.close(resolve)))
    const { port } = mute.address() as { port: number }
    await expect(connect(`tls://127.0.0.1:${port}`, { timeoutMs: 100, tls: good })).rejects.toMatchObject({
      code: 'HEDDLE_CONNECT_TIMEOUT',
    })
  })
})

describe('the files of TLS', () => {
  test('may also be their text, and a certificate may hold its key', async () => {
    const { readFileSync } = await import('node:fs')
    const { ca, cert, key } = tlsOf('node')
    const text = readFileSync(cert, 'utf8') + readFileSync(key as string, 'utf8')
    expect(TlsCredentials.read({ ca, cert: text })).toBeInstanceOf(TlsCredentials)
  })

  test('are named when they are wrong', () => {
    const files = tlsOf('node')
    const read = (options: Partial<TlsOptions>) => () => TlsCredentials.read({ ...files, ...options })
    expect(read({ ca: '/nowhere.pem' })).toThrow('tls.ca: /nowhere.pem cannot be read (ENOENT)')
    expect(read({ cert: certificate('make').replace('.pem', '.sh') })).toThrow('is no PEM file')
    expect(read({ key: certificate('stranger-key') })).toThrow('the key is not the one of the certificate')
    expect(read({ cert: undefined as never })).toThrow('tls.cert: give the path of a PEM file')
  })
})
