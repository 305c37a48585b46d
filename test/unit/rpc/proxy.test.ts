import { afterEach, describe, expect, test } from 'vitest'
import { ClosedError, OptionError, WaitTimeoutError } from '../../../src/errors.js'
import { CENTER_METHODS, type CenterApi } from '../../../src/rpc/center-api.js'
import { type MethodTable, makeRpc } from '../../../src/rpc/proxy.js'
import type { AddressLike } from '../../../src/util/address.js'
import { Opened } from './nodes.js'

interface Api {
  add(ask: { a: number; b: number }): Promise<number>
  ping(): Promise<string>
}

const METHODS: MethodTable<Api> = {
  add: {
    op: 'add',
    ask: ({ a, b }) => {
      if (typeof a !== 'number' || typeof b !== 'number') throw new TypeError('a and b are numbers')
      return { a, b }
    },
    result: ({ sum }: { sum: number }) => sum,
  },
  ping: { op: 'ping', ask: () => ({}), result: ({ status }: { status: string }) => status },
}

const opened = new Opened()
afterEach(() => opened.close())

const node = (at: string) =>
  opened.serve(at, {
    handlers: {
      add: ({ a, b }: { a: number; b: number }) => ({ sum: a + b }),
      ping: () => ({ status: 'OK' }),
      hang: () => new Promise(() => {}),
    },
  })

describe('a proxy', () => {
  test('calls the methods of its node', async () => {
    const { address } = await node('tcp://127.0.0.1:0')
    const rpc = opened.add(makeRpc<Api>(address, METHODS))
    expect(await rpc.add({ a: 1, b: 2 })).toBe(3)
    expect(await rpc.ping()).toBe('OK')
  })

  test('knows where its node is, opens nothing before it is used, and can be awaited', async () => {
    const rpc = opened.add(makeRpc<Api>('[::1]:1', METHODS))
    expect(rpc).toMatchObject({ address: 'tcp://[::1]:1', ip: '::1', host: '::1', port: 1 })
    expect(await rpc).toBe(rpc)
  })

  test('takes an address in every form, and they are all the same', async () => {
    const { address } = await node('tcp://127.0.0.1:0')
    const port = Number(new URL(address.replace('tcp:', 'http:')).port)
    const forms: AddressLike[] = [
      `127.0.0.1:${port}`,
      `tcp://127.0.0.1:${port}`,
      `TCP://127.0.0.1:${port}/`,
      ` 127.0.0.1:${port} `,
      { ip: '127.0.0.1', port },
      { host: '127.0.0.1', port },
    ]
    for (const form of forms) {
      const rpc = makeRpc<Api>(form, METHODS)
      expect(rpc.address).toBe(address)
      expect(await rpc.ping()).toBe('OK')
      await rpc.close()
    }
  })

  test('reaches a node by IPv6 and by host name', async () => {
    const six = await node('tcp://[::1]:0')
    expect(six.address).toMatch(/^tcp:\/\/\[::1\]:\d+$/)
    const named = await node('tcp://localhost:0')
    expect(named.address).toMatch(/^tcp:\/\/localhost:\d+$/)
    const port = Number(/\d+$/.exec(six.address)?.[0])
    for (const form of [six.address, `[::1]:${port}`, { ip: '::1', port }, { host: '[::1]', port }, named.address]) {
      expect(await opened.add(makeRpc<Api>(form, METHODS)).add({ a: 1, b: 2 })).toBe(3)
    }
  })

  test.each<[string, unknown]>([
    ['no port', '127.0.0.1'],
    ['a bare IPv6 address', '::1:8786'],
    ['an unknown scheme', 'http://127.0.0.1:80'],
    ['a port that is none', '127.0.0.1:65536'],
    ['nothing', undefined],
    ['an object without host', { port: 80 }],
  ])('refuses %s as an address at once, and names the forms', (_what, address) => {
    expect(() => makeRpc<Api>(address as string, METHODS)).toThrow(OptionError)
    expect(() => makeRpc<Api>(address as string, METHODS)).toThrow(/tcp:\/\/host:port/)
  })

  test('rejects for wrong arguments before anything is sent', async () => {
    const rpc = opened.add(makeRpc<Api>('tcp://127.0.0.1:1', METHODS))
    await expect(rpc.add({ a: 'x', b: 2 } as never)).rejects.toThrow('a and b are numbers')
  })

  test('takes a timeout and a signal with each call', async () => {
    const { address } = await node('tcp://127.0.0.1:0')
    const hang: MethodTable<{ hang(): Promise<void> }> = { hang: { op: 'hang', ask: () => ({}), result: () => {} } }
    const rpc = opened.add(makeRpc(address, hang))
    await expect(rpc.hang(undefined, { timeout: '20ms' })).rejects.toBeInstanceOf(WaitTimeoutError)
    const controller = new AbortController()
    const hanging = rpc.hang(undefined, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(hanging).rejects.toThrow('enough')
    await expect(rpc.hang(undefined, { timeout: 'soon' as never })).rejects.toBeInstanceOf(OptionError)
  })

  test('takes no call after it was closed, but leaves a pool that it shares', async () => {
    const { address } = await node('tcp://127.0.0.1:0')
    const pool = opened.pool()
    const rpc = makeRpc<Api>(address, METHODS, { pool })
    expect(await rpc.ping()).toBe('OK')
    await rpc[Symbol.asyncDispose]()
    await expect(rpc.ping()).rejects.toBeInstanceOf(ClosedError)
    expect(await pool.request(address, 'ping')).toEqual({ status: 'OK' })
  })
})

describe("a center's proxy", () => {
  test('turns what it is told into requests, and maps into objects that inherit nothing', async () => {
    const asked: unknown[] = []
    const { address } = await opened.serve('tcp://127.0.0.1:0', {
      handlers: {
        who_has: ({ keys }: { keys?: string[] }) => {
          asked.push(keys)
          return { status: 'OK', who_has: new Map([['__proto__', ['tcp://10.0.0.1:1']]]) }
        },
        add_keys: ({ who }: { who: unknown }) => {
          asked.push(who)
          return { status: 'OK' }
        },
      },
    })
    const center = opened.add(makeRpc<CenterApi>(address, CENTER_METHODS))
    const holders = await center.whoHas({ keys: ['__proto__'] })
    expect(Object.entries(holders)).toEqual([['__proto__', ['tcp://10.0.0.1:1']]])
    expect(Object.getPrototypeOf(holders)).toBeNull()
    await center.whoHas()
    expect(await center.addKeys({ who: { 'tcp://10.0.0.1:1': { x: 5 } } })).toEqual({ status: 'OK' })
    expect(asked).toEqual([['__proto__'], undefined, new Map([['tcp://10.0.0.1:1', new Map([['x', 5]])]])])
  })
})
